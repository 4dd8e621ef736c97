"""How each figure of one job was computed: the formula, the same with this job's numbers in it, or why it is unknown.

Values and terms are those that the fold kept; nothing is computed a second time here that could differ from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mmbatch_dash.domain.figures import PER_JOB, Figure
from mmbatch_dash.explanations.inputs import list_inputs, list_rates
from mmbatch_dash.explanations.parts import Parts, Row
from mmbatch_dash.explanations.terms import number, show, tell_terms
from mmbatch_dash.explanations.unknown import why_unknown


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
    """Name → figure, in the order of their declarations. Rows are those of the store; `attempts` in order."""
    parts = Parts(job, attempts, checkpoints, restores)
    return {figure.name: _explain(figure, parts) for figure in PER_JOB}


def explain_running(job: Row, as_of: datetime) -> dict[str, Explained]:
    """The open work of a running job up to `as_of` (docs/definitions.md section 2), by name; {} for any other."""
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


def _explain(figure: Figure, parts: Parts) -> Explained:
    value, inputs = parts.job[figure.name], list_inputs(figure.computed, parts)
    rates = list_rates(figure.computed, parts)
    if value is None:
        because = why_unknown(figure.name, parts)
        return Explained(None, figure.unit.value, figure.formula, "", inputs, because, rates)
    told = f"{tell_terms(figure.computed, parts)} = {number(value)} {figure.unit.value}"
    return Explained(value, figure.unit.value, figure.formula, told, inputs, None, rates)


def _product(formula: str, unit: str, inputs: dict[str, Any]) -> Explained:
    factors = {name: value for name, value in inputs.items() if name != "started_at"}
    missing = [name for name, value in factors.items() if value is None]
    if missing:
        because = "the start is unknown" if "hours" in missing else f"{missing[0]} is unknown"
        return Explained(None, unit, formula, "", inputs, because)
    first, second = factors.values()
    text = f"{show(first)} × {show(second)} h = {number(first * second)} {unit}"
    return Explained(first * second, unit, formula, text, inputs)


def _hours(since: datetime | None, until: datetime) -> float | None:
    return None if since is None else max(0.0, (until - since).total_seconds()) / 3600
