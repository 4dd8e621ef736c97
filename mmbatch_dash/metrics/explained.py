"""How each figure of one job was computed: the formula, the same with this job's numbers in it, or why it is unknown.

Values and terms are those that the fold kept; nothing is computed a second time here that could differ from them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mmbatch_dash.domain.figures import PER_JOB, Figure
from mmbatch_dash.domain.figures.formula import (
    Column,
    Formula,
    Given,
    Leaf,
    OfLatest,
    Only,
    Other,
    Rows,
    Span,
    Sum,
    render,
    walk,
)
from mmbatch_dash.domain.figures.inputs import CARRIED_SECONDS, PRICES
from mmbatch_dash.metrics.parts import Parts, Row
from mmbatch_dash.metrics.unknown import why_no_rate, why_unknown

MOST_TERMS = 100
"""Parts beyond which a sum over them is told as one number."""


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


def number(value: float) -> str:
    """A number as a formula shows it: at most six decimals, none that say nothing."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _explain(figure: Figure, parts: Parts) -> Explained:
    value, inputs = parts.job[figure.name], _inputs(figure.computed, parts)
    rates = _rates(figure.computed, parts)
    if value is None:
        because = why_unknown(figure.name, parts)
        return Explained(None, figure.unit.value, figure.formula, "", inputs, because, rates)
    told = f"{_told(figure.computed, parts)} = {number(value)} {figure.unit.value}"
    return Explained(value, figure.unit.value, figure.formula, told, inputs, None, rates)


def _told(formula: Formula, parts: Parts) -> str:
    """The formula with the numbers of a job whose figure is known."""
    alone = isinstance(_within(formula), Sum)

    def leaf(node: Leaf) -> str:
        match node:
            case Column(name) | Other(name):
                return _shown(parts.job[name])
            case OfLatest(column):
                return _shown(parts.latest[column.name] if parts.latest else None)
            case Span(start, end):
                first, last = parts.job[start.name], parts.job[end.name]
                text = f"{_clock(last)} − {_clock(first)}"
                return f"max(0, {text})" if first and last and last < first else text
            case Sum():
                text, terms = _told_sum(node, parts, alone=alone)
                return text if alone or terms < 2 else f"({text})"

    return render(formula, leaf)


def _told_sum(formula: Sum, parts: Parts, *, alone: bool) -> tuple[str, int]:
    """The terms of a sum, those that add nothing left out, and how many are told."""
    rows = [row for row in parts.over(formula.over) if _adds(formula.term, row)]
    if not rows:
        return "nothing to add up", 1
    if len(rows) > MOST_TERMS and isinstance(formula.term, Column):
        return f"{number(math.fsum(row[formula.term.name] for row in rows))} over {len(rows):,} {formula.over.value}", 1

    named = alone and isinstance(formula.term, Column)

    def of(row: Row) -> str:
        text = render(formula.term, lambda node: _shown(row[node.name] if isinstance(node, Column) else None))
        return f"{text} (attempt {row['attempt']})" if named and len(rows) > 1 else text

    return " + ".join(of(row) for row in rows), len(rows)


def _adds(term: Formula, row: Row) -> bool:
    if isinstance(term, Given):
        return bool(row[term.column.name] == term.value)
    return not isinstance(term, Column) or bool(row[term.name])


def _within(formula: Formula) -> Formula:
    return _within(formula.term) if isinstance(formula, Only) else formula


def _inputs(formula: Formula, parts: Parts) -> dict[str, Any]:
    """What went in: columns of the job and its latest attempt, terms by attempt, counts of other parts."""
    inputs: dict[str, Any] = {}
    within: set[str] = set()
    for node in walk(formula):
        match node:
            case Sum(over, term):
                columns = [inner.name for inner in walk(term) if isinstance(inner, Column)]
                within |= set(columns)
                rows = parts.over(over)
                if over in (Rows.CHECKPOINTS, Rows.RESTORES):
                    inputs[over.value] = len(rows)
                else:
                    inputs["attempts"] = [{name: row[name] for name in ("attempt", *columns)} for row in rows]
                if term == CARRIED_SECONDS:
                    inputs["steps"] = _steps(parts)
            case OfLatest(column):
                inputs[f"latest_{column.name}"] = parts.latest[column.name] if parts.latest else None
                within.add(column.name)
            case Other(name):
                inputs[name] = parts.job[name]
            case Column(name) if name not in within:
                inputs[name] = parts.job[name]
    return inputs


def _steps(parts: Parts) -> list[dict[str, Any]]:
    """The restores that carried work into the latest attempt, from that one back to the first."""
    names = ("fresh_at", "carried_until_at", "carried_seconds")
    return [
        {"into_attempt": row["carried_into"], "from_attempt": row["attempt"], **{name: row[name] for name in names}}
        for row in reversed(parts.attempts)
        if row["carried_into"] is not None
    ]


def _rates(formula: Formula, parts: Parts) -> list[dict[str, Any]] | None:
    """Hours and rates of the attempts that a figure is priced by, with where each came from and from when."""
    priced: list[Row] = []
    for node in walk(formula):
        columns = {inner.name for inner in walk(node) if isinstance(inner, Column)}
        if isinstance(node, Sum) and columns & set(PRICES):
            rows = parts.over(node.over)
            priced += [row for row in rows if not isinstance(node.term, Given) or row["purchase_option"] != "on-demand"]
        elif isinstance(node, OfLatest) and columns & set(PRICES) and parts.latest:
            priced.append(parts.latest)
    if not priced and not any(isinstance(node, Column) and node.name in PRICES for node in walk(formula)):
        return None
    return [
        {
            "attempt": row["attempt"],
            "hours": None if row["run_seconds"] is None else row["run_seconds"] / 3600,
            "usd_per_hour": row["usd_per_hour"],
            "source": row["rate_source"],
            "price_at": row["price_at"],
            "on_demand_usd_per_hour": row["on_demand_usd_per_hour"],
            "on_demand_source": row["on_demand_source"],
            "on_demand_price_at": row["on_demand_price_at"],
            "unknown_because": None if row["usd_per_hour"] is not None else why_no_rate(row, parts),
        }
        for row in priced
    ]


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


def _clock(at: datetime | None) -> str:
    if at is None:
        return "unknown"
    return f"{at:%Y-%m-%d %H:%M:%S}" + (f".{at.microsecond:06d}".rstrip("0") if at.microsecond else "")
