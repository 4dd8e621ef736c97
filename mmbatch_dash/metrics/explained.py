"""How each figure of one job was computed: the formula, the same with this job's numbers in it, or why it is unknown.

Values are those of the fold; nothing is computed a second time here that could differ from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES, Unit
from mmbatch_dash.metrics.carried import carried_steps
from mmbatch_dash.metrics.unknown import Parts, why_unknown

Row = Mapping[str, Any]

_FORMULAS = {figure.name: (figure.unit, figure.formula) for figure in (*FIGURES, *ENGINEERING_FIGURES)}
_FORMULAS["runtime_seconds"] = (Unit.SECONDS, "completed_at − started_at")
_FORMULAS["wait_seconds"] = (Unit.SECONDS, "started_at − submitted_at")
ORDER = (
    "wait_seconds",
    "runtime_seconds",
    "cpu_hours",
    "instance_hours",
    "cost_usd",
    "saved_seconds",
    "saved_cpu_hours",
    "saved_cost_usd",
    "on_demand_savings_usd",
    "lost_seconds",
    "overhead_seconds",
    "net_saved_seconds",
    "on_demand_net_savings_usd",
)
"""The figures of a job in the order pages show them."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One figure of one job.

    Attributes:
        unit: h, s or USD.
        formula: in general.
        computed: the formula with this job's numbers in it, with its result; "" where it is unknown.
        inputs: name → value of what went in.
        unknown_because: a sentence's end where the value is None.
        rates: for figures made of prices, a row an attempt: attempt, hours, usd_per_hour, source, price_at,
            on_demand_usd_per_hour, on_demand_source, on_demand_price_at.
    """

    value: float | None
    unit: str
    formula: str
    computed: str
    inputs: dict[str, Any] = field(default_factory=dict)
    unknown_because: str | None = None
    rates: list[dict[str, Any]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        said = {
            "value": self.value,
            "unit": self.unit,
            "formula": self.formula,
            "computed": self.computed,
            "inputs": self.inputs,
            "unknown_because": self.unknown_because,
        }
        return said if self.rates is None else {**said, "rates": self.rates}


def explain_job(
    job: Row, attempts: Sequence[Row], checkpoints: Sequence[Row], restores: Sequence[Row]
) -> dict[str, Explained]:
    """Name → figure, for ORDER. Rows are those of the store; `attempts` in order."""
    parts = Parts(job, attempts, checkpoints, restores)
    return {name: _explain(name, parts) for name in ORDER}


def explain_running(job: Row, as_of: datetime) -> dict[str, Explained]:
    """The open work of a running job up to `as_of`, two figures by name; {} for any other (metrics.md section 2)."""
    if job["status"] != "RUNNING":
        return {}
    since, opened = _hours(job["started_at"], as_of), _hours(job["open_started_at"], as_of)
    vcpus, rate = job["vcpus"], job["open_usd_per_hour"]
    return {
        "running_cpu_hours": _product(
            "vcpus × (as_of − started_at)", "h", {"vcpus": vcpus, "hours": since, "started_at": job["started_at"]}
        ),
        "running_cost_usd": _product(
            "open attempt up to as_of × rate",
            "USD",
            {"usd_per_hour": rate, "hours": opened, "started_at": job["open_started_at"]},
        ),
    }


def number(value: float) -> str:
    """A number as a formula shows it: at most six decimals, none that say nothing."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _explain(name: str, parts: Parts) -> Explained:
    unit, formula = _FORMULAS[name]
    value = parts.job[name]
    terms, inputs, rates = _TERMS[name](parts)
    if value is None:
        return Explained(None, unit.value, formula, "", inputs, why_unknown(name, parts), rates)
    return Explained(value, unit.value, formula, f"{terms} = {number(value)} {unit.value}", inputs, None, rates)


_Told = tuple[str, dict[str, Any], list[dict[str, Any]] | None]


def _span(first: str, last: str) -> Any:
    def tell(parts: Parts) -> _Told:
        begin, end = parts.job[first], parts.job[last]
        return f"{_clock(end)} − {_clock(begin)}", {first: begin, last: end}, None

    return tell


def _cpu_hours(parts: Parts) -> _Told:
    vcpus, runtime = parts.job["vcpus"], parts.job["runtime_seconds"]
    return f"{_shown(vcpus)} × {_shown(runtime)} / 3600", {"vcpus": vcpus, "runtime_seconds": runtime}, None


def _instance_hours(parts: Parts) -> _Told:
    runs = [attempt["run_seconds"] for attempt in parts.ended]
    text = " + ".join(_shown(run) for run in runs)
    return f"({text}) / 3600", {"run_seconds": runs}, None


def _cost(parts: Parts) -> _Told:
    rates = parts.rates()
    text = " + ".join(f"{_shown(rate['hours'])} h × {_shown(rate['usd_per_hour'])}" for rate in rates)
    return text, {"attempts": len(rates)}, rates


def _saved_seconds(parts: Parts) -> _Told:
    steps = carried_steps(parts.attempts, parts.checkpoints, parts.restores)
    if not steps:
        return "nothing was carried into the latest attempt", {"steps": []}, None
    text = " + ".join(
        f"max(0, min({_clock(step['checkpoint_taken_at'])}, {_clock(step['from_ended_at'])}) − "
        f"{_clock(step['fresh_at'])})"
        for step in reversed(steps)
    )
    return text, {"steps": steps}, None


def _saved_cpu_hours(parts: Parts) -> _Told:
    vcpus, saved = parts.job["vcpus"], parts.job["saved_seconds"]
    return f"{_shown(vcpus)} × {_shown(saved)} / 3600", {"vcpus": vcpus, "saved_seconds": saved}, None


def _saved_cost(parts: Parts) -> _Told:
    saved = parts.job["saved_seconds"]
    latest = parts.rates(parts.attempts[-1:])
    rate = latest[0]["usd_per_hour"] if latest else None
    return f"{_shown(saved)} / 3600 × {_shown(rate)}", {"saved_seconds": saved, "usd_per_hour": rate}, latest


def _on_demand_savings(parts: Parts) -> _Told:
    rates = parts.rates([attempt for attempt in parts.ended if attempt["purchase_option"] != "on-demand"])
    text = " + ".join(
        f"{_shown(rate['hours'])} h × ({_shown(rate['on_demand_usd_per_hour'])} − {_shown(rate['usd_per_hour'])})"
        for rate in rates
    )
    return text or "every ended attempt was on-demand", {"spot_attempts": len(rates)}, rates


def _lost(parts: Parts) -> _Told:
    runs = [attempt["run_seconds"] for attempt in parts.interrupted]
    saved = parts.job["saved_seconds"]
    text = " + ".join(_shown(run) for run in runs) or "0"
    return f"max(0, {text} − {_shown(saved)})", {"interrupted_run_seconds": runs, "saved_seconds": saved}, None


def _overhead(parts: Parts) -> _Told:
    taken = [row["duration_seconds"] for row in parts.checkpoints if row["outcome"]]
    restored = [row["duration_seconds"] for row in parts.restores if row["outcome"]]
    text = f"Σ of {len(taken)} checkpoints {_sum(taken)} + Σ of {len(restored)} restores {_sum(restored)}"
    return text, {"checkpoints": len(taken), "restores": len(restored)}, None


def _net(parts: Parts) -> _Told:
    saved, overhead = parts.job["saved_seconds"], parts.job["overhead_seconds"]
    return f"{_shown(saved)} − {_shown(overhead)}", {"saved_seconds": saved, "overhead_seconds": overhead}, None


def _on_demand_net(parts: Parts) -> _Told:
    latest = parts.rates(parts.attempts[-1:])
    rate = latest[0]["on_demand_usd_per_hour"] if latest else None
    inputs = {
        "on_demand_usd_per_hour": rate,
        "saved_seconds": parts.job["saved_seconds"],
        "latest_run_seconds": parts.attempts[-1]["run_seconds"] if parts.attempts else None,
        "latest_restore_seconds": parts.job["latest_restore_seconds"],
        "cost_usd": parts.job["cost_usd"],
    }
    shown = {name: _shown(value) for name, value in inputs.items()}
    text = (
        f"{shown['on_demand_usd_per_hour']} × ({shown['saved_seconds']} + {shown['latest_run_seconds']} − "
        f"{shown['latest_restore_seconds']}) / 3600 − {shown['cost_usd']}"
    )
    return text, inputs, latest


_TERMS: dict[str, Any] = {
    "wait_seconds": _span("submitted_at", "started_at"),
    "runtime_seconds": _span("started_at", "completed_at"),
    "cpu_hours": _cpu_hours,
    "instance_hours": _instance_hours,
    "cost_usd": _cost,
    "saved_seconds": _saved_seconds,
    "saved_cpu_hours": _saved_cpu_hours,
    "saved_cost_usd": _saved_cost,
    "on_demand_savings_usd": _on_demand_savings,
    "lost_seconds": _lost,
    "overhead_seconds": _overhead,
    "net_saved_seconds": _net,
    "on_demand_net_savings_usd": _on_demand_net,
}


def _product(formula: str, unit: str, inputs: dict[str, Any]) -> Explained:
    factors = {name: value for name, value in inputs.items() if name != "started_at"}
    missing = [name for name, value in factors.items() if value is None]
    if missing:
        because = "the start is unknown" if "hours" in missing else f"{missing[0]} is unknown"
        return Explained(None, unit, formula, "", inputs, because)
    first, second = factors.values()
    text = f"{_shown(first)} × {_shown(second)} h = {number(first * second)} {unit}"
    return Explained(first * second, unit, formula, text, inputs)


def _hours(since: datetime | None, until: datetime) -> float | None:
    return None if since is None else max(0.0, (until - since).total_seconds()) / 3600


def _shown(value: float | None) -> str:
    return "unknown" if value is None else number(value)


def _sum(values: Sequence[float | None]) -> str:
    return "unknown" if None in values else number(sum(value for value in values if value is not None))


def _clock(at: datetime | None) -> str:
    return "unknown" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"
