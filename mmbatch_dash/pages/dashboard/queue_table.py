"""The queue table: one row a queue, each leading to the view of that queue."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURE, Unit
from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.domain.units import (
    UNKNOWN_TEXT,
    format_count,
    format_coverage,
    format_duration,
    format_exact,
    format_figure,
    format_rate,
)
from mmbatch_dash.pages.filters.view import View

MAX_ROWS = 200
Row = Mapping[Hashable, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its group and name, and how a row's cell reads (text, exact text for the hover)."""

    group: str
    label: str
    cell: Callable[[Row], tuple[str, str]]
    narrow: bool = False


def _count(name: str) -> Callable[[Row], tuple[str, str]]:
    return lambda row: (format_count(row[name]), "")


def _figure(name: str) -> Callable[[Row], tuple[str, str]]:
    figure = FIGURE[name]

    def cell(row: Row) -> tuple[str, str]:
        text = format_figure(row[name], figure.unit)
        if text == UNKNOWN_TEXT:
            return text, f"Unknown: {figure.unknown_when}"
        known, applicable = int(row[f"{name}_known"]), int(row[f"{name}_applicable"])
        partial = f"; {format_coverage(known / applicable)} known" if known < applicable else ""
        return text, format_exact(row[name], figure.unit) + partial

    return cell


def _rate(kind: str) -> Callable[[Row], tuple[str, str]]:
    def cell(row: Row) -> tuple[str, str]:
        succeeded, failed = int(row[f"{kind}_succeeded"]), int(row[f"{kind}_failed"])
        if not succeeded + failed:
            return UNKNOWN_TEXT, "nothing was tried"
        return format_rate(succeeded / (succeeded + failed)), f"{succeeded:,} of {succeeded + failed:,}"

    return cell


def _seconds(name: str) -> Callable[[Row], tuple[str, str]]:
    def cell(row: Row) -> tuple[str, str]:
        text = format_duration(row.get(name))
        return text, "no duration is known" if text == UNKNOWN_TEXT else format_exact(row.get(name), Unit.SECONDS)

    return cell


def _attempts(kind: str) -> Callable[[Row], tuple[str, str]]:
    return lambda row: (format_count(row[f"{kind}_succeeded"] + row[f"{kind}_failed"]), "succeeded and failed")


BASIC: tuple[Column, ...] = (
    Column("Jobs", "Submitted", _count("jobs")),
    Column("Jobs", "Running", _count("running_jobs")),
    Column("Work and cost", "CPU hours", _figure("cpu_hours")),
    Column("Work and cost", "Cost", _figure("cost_usd"), narrow=True),
    Column("Saved", "Instance cost, by restores", _figure("saved_cost_usd"), narrow=True),
    Column("Saved", "CPU hours, by restores", _figure("saved_cpu_hours")),
    Column("Saved", "Against on-demand", _figure("on_demand_savings_usd"), narrow=True),
    Column("Spot protections", "Succeeded", _count("protections_succeeded")),
    Column("Spot protections", "Rate", _rate("protections")),
)
ENGINEERING: tuple[Column, ...] = (
    Column("Spot protections", "Failed", _count("protections_failed")),
    Column("Spot protections", "Pending", _count("protections_pending")),
    Column("Spot protections", "Unprotected", _count("protections_unprotected")),
    *(
        column
        for kind, name in (("checkpoint", "Checkpoints"), ("restore", "Restores"))
        for column in (
            Column(name, "Attempts", _attempts(f"{kind}s")),
            Column(name, "Succeeded", _count(f"{kind}s_succeeded")),
            Column(name, "Failed", _count(f"{kind}s_failed")),
            Column(name, "Rate", _rate(f"{kind}s")),
            Column(name, "Median", _seconds(f"{kind}_median_seconds")),
            Column(name, "95th pct.", _seconds(f"{kind}_p95_seconds")),
        )
    ),
    *(Column("Work", figure.short, _figure(figure.name)) for figure in ENGINEERING_FIGURES),
)


def build_queue_table(queues: pd.DataFrame, durations: pd.DataFrame | None, view: View) -> Component:
    """The table, largest cost first as the frame has it.

    Args:
        queues: a row a queue: key (None: no queue) and the totals columns.
        durations: kind, scope, queue, median_seconds, p95_seconds; None outside Engineering Mode.
        view: of the page; row links keep its other filters.
    """
    if not len(queues):
        return html.P("No queue has a job in this selection.", className="panel-empty")
    columns = (*BASIC, *ENGINEERING) if view.engineering else BASIC
    rows = queues.head(MAX_ROWS).to_dict("records")
    times = {} if durations is None else _durations_by_queue(durations)
    body = [_build_row({**row, **times.get(_name(row["key"]), {})}, columns, view) for row in rows]
    more = len(queues) - len(rows)
    caption = f"{len(queues):,} queues, highest cost first" if len(queues) != 1 else "One queue"
    note = f"; the {more:,} after the first {MAX_ROWS} are in the data download" if more > 0 else ""
    return html.Div(
        html.Table(
            [html.Caption(caption + note), html.Thead(_build_heads(columns)), html.Tbody(body)],
            className="data-table",
        ),
        className="table-scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": "Queues"},
    )


def _build_heads(columns: tuple[Column, ...]) -> list[Component]:
    groups: list[tuple[str, list[Column]]] = []
    for column in columns:
        if groups and groups[-1][0] == column.group:
            groups[-1][1].append(column)
        else:
            groups.append((column.group, [column]))
    first = html.Th("Queue", rowSpan=2, scope="col", className="col-name")
    top = [
        html.Th(
            name,
            colSpan=len(members),
            scope="colgroup",
            className="group-start" + ("" if any(column.narrow for column in members) else " wide-only"),
        )
        for name, members in groups
    ]
    below = [
        html.Th(column.label, scope="col", className=_classes(column, first=column is members[0]))
        for _, members in groups
        for column in members
    ]
    return [html.Tr([first, *top], className="group-row"), html.Tr(below)]


def _build_row(row: Row, columns: tuple[Column, ...], view: View) -> Component:
    name = _name(row["key"])
    link = dcc.Link(name, href=view.link("/", queue=[name]), title=f"Show only queue {name}")
    cells = []
    group = ""
    for column in columns:
        text, exact = column.cell(row)
        kind = _classes(column, first=column.group != group) + (" unknown" if text == UNKNOWN_TEXT else "")
        cells.append(html.Td(text, title=exact, className=kind))
        group = column.group
    return html.Tr([html.Th(link, scope="row", className="col-name"), *cells])


def _classes(column: Column, *, first: bool) -> str:
    return "num" + ("" if column.narrow else " wide-only") + (" group-start" if first else "")


def _name(key: Any) -> str:
    return UNKNOWN if key is None or key != key else str(key)


def _durations_by_queue(durations: pd.DataFrame) -> dict[str, dict[Hashable, Any]]:
    times: dict[str, dict[Hashable, Any]] = {}
    for row in durations.to_dict("records"):
        if row["scope"] == "queue":
            mine = times.setdefault(_name(row["queue"]), {})
            mine[f"{row['kind']}_median_seconds"] = row["median_seconds"]
            mine[f"{row['kind']}_p95_seconds"] = row["p95_seconds"]
    return times
