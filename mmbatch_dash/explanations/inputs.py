"""What went into a figure of one job, as data: columns, terms by attempt, the chain of restores, rates."""

from typing import Any

from mmbatch_dash.domain.figures.formula import Column, Formula, Given, OfLatest, Other, Rows, Sum, walk
from mmbatch_dash.domain.figures.inputs import CARRIED_SECONDS, PRICES
from mmbatch_dash.explanations.parts import Parts, Row
from mmbatch_dash.explanations.unknown import why_no_rate


def list_inputs(formula: Formula, parts: Parts) -> dict[str, Any]:
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


def list_rates(formula: Formula, parts: Parts) -> list[dict[str, Any]] | None:
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
