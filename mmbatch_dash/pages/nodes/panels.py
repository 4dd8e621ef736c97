"""What the page of nodes shows: counts per state, the table, and what the states mean."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.paging import Sort
from mmbatch_dash.domain.units import (
    MIB_PER_GIB,
    UNKNOWN_TEXT,
    format_age,
    format_count,
    format_duration,
    format_instant,
)
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.marks import build_state
from mmbatch_dash.pages.nodes.ids import NodesId
from mmbatch_dash.pages.nodes.pager import build_pager, sort_link
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.services.nodes import NodeList
from mmbatch_dash.store.node_files import LONGEST_NAME
from mmbatch_dash.store.queries.nodes import FINISHED, NodePatience, NodeState
from mmbatch_dash.store.queries.rows import Row

MOST_LINKS = 5
_LONGEST = 80
PANELS: dict[str, str] = {
    NodesId.SCOPE.value: "children",
    NodesId.STATES.value: "children",
    NodesId.NOTICE.value: "children",
    NodesId.TABLE.value: "children",
    NodesId.CSV.value: "href",
    NodesId.FINISHED_CSV.value: "href",
    NodesId.TYPE.value: "options",
    NodesId.ZONE.value: "options",
}
"""Component id → the property that the page's callback sets."""

_HEADS = {
    "node_id": Head("Node", narrow=True),
    "state": Head("State", narrow=True),
    "last_heartbeat_at": Head("Last heartbeat", numeric=True),
    "running_jobs": Head("Running jobs", narrow=True),
    "instance_id": Head("Instance"),
    "instance_type": Head("Type"),
    "availability_zone": Head("Zone"),
    "purchase_option": Head("Bought"),
    "vcpus": Head("vCPUs", numeric=True),
    "memory_mib": Head("Memory (GiB)", numeric=True),
    "engine_version": Head("Engine"),
    "registered_at": Head("Registered", numeric=True),
    "ended_at": Head("Gone since", numeric=True),
    "attempts": Head("Attempts", numeric=True, narrow=True),
}
"""Column that rows are in the order of → its header."""


def build_panels(nodes: NodeList, view: View, chosen: Sequence[NodeState], sort: Sort) -> dict[str, Any]:
    """The new property of every panel of PANELS but the menus.

    Args:
        nodes: as_of, rows of this page, states and patience of the selection.
        view: of the address.
        chosen: states of the address; none means all.
        sort: the order the rows are in.
    """
    total = sum(nodes.states.values())
    listed = sum(count for state, count in nodes.states.items() if not chosen or state in chosen)
    return {
        NodesId.SCOPE.value: f"{format_count(total)} {'node' if total == 1 else 'nodes'}, times in {view.selection.tz}",
        NodesId.STATES.value: build_states(nodes.states, nodes.patience, view, chosen),
        NodesId.NOTICE.value: build_clocks(nodes.clocks_off) if total or nodes.clocks_off else build_nothing(),
        NodesId.TABLE.value: build_nodes(nodes.rows, nodes.as_of, view, sort, listed),
        NodesId.CSV.value: export_link(view, chosen),
        NodesId.FINISHED_CSV.value: export_link(view, FINISHED),
    }


def build_states(
    states: Mapping[NodeState, int], patience: NodePatience, view: View, chosen: Sequence[NodeState]
) -> list[Component]:
    """A link a state with its count, which shows only its nodes, or all again where it does already."""
    meanings = describe_states(patience)
    links = []
    for state in NodeState:
        on = state in chosen
        rest = (
            [other.value for other in chosen if other is not state] if on else [*[c.value for c in chosen], state.value]
        )
        links.append(
            dcc.Link(
                [build_state(state.value), html.Strong(format_count(states.get(state, 0)))],
                href=view.link("/nodes", state=rest, page=None),
                title=f"{meanings[state]}. {'Show all again' if on else 'Show only these'}",
                className=f"node-state {'node-state-on' if on else ''}",
            )
        )
    return links


def describe_states(patience: NodePatience) -> dict[NodeState, str]:
    """What each state means, with the times it is judged by."""
    late, gone = format_duration(patience.late_after_seconds), format_duration(patience.ttl_seconds)
    return {
        NodeState.ALIVE: f"Heard of within {late}",
        NodeState.LATE: f"Silent for more than {late}, not yet for {gone} (node.ttl)",
        NodeState.RECLAIMED: "EC2 took its instance back",
        NodeState.GONE: f"Silent for more than {gone} (node.ttl), and nobody knows why",
        NodeState.STOPPED: "It said that it stops",
    }


def build_nodes(rows: Sequence[Row], as_of: datetime, view: View, sort: Sort, listed: int) -> Component:
    """The table with its pager.

    Args:
        rows: of this page.
        as_of: ages are told up to then.
        view: of the address.
        sort: the order the rows are in.
        listed: rows on all pages.
    """
    if not listed:
        return html.P("No node is in this state.", className="panel-empty")
    heads = [_sortable(name, head, view, sort) for name, head in _HEADS.items()]
    shown = [_build_row(row, as_of, view) for row in rows]
    table = build_table(heads, shown, f"{listed:,} {'node' if listed == 1 else 'nodes'}", "Nodes")
    return html.Div([table, build_pager(view, len(rows), listed)])


def _sortable(name: str, head: Head, view: View, sort: Sort) -> Head:
    order = ("descending" if sort.descending else "ascending") if sort.column == name else ""
    first = head.numeric or name == "running_jobs"
    return replace(head, href=sort_link(view, name, sort, descending_first=first), order=order)


def build_nothing() -> Component:
    """What to do where no node is known or none fits."""
    return html.Div(
        [
            html.Strong("No node here yet."),
            html.Span("Worker nodes appear with their first mmbatch.node.registered or heartbeat event."),
            dcc.Link("No filters", href="/nodes", className="button"),
        ],
        className="notice",
    )


def build_clocks(clocks_off: Mapping[str, float]) -> Component | None:
    """Which nodes have another time than the server; None where all agree."""
    if not clocks_off:
        return None
    worst = sorted(clocks_off.items(), key=lambda one: -abs(one[1]))
    said = [
        f"{_cut(node, _LONGEST)} is {format_duration(abs(ahead))} {'ahead' if ahead > 0 else 'behind'}"
        for node, ahead in worst[:MOST_LINKS]
    ]
    more = f", and {len(worst) - MOST_LINKS} more" if len(worst) > MOST_LINKS else ""
    count = "One node has" if len(worst) == 1 else f"{len(worst):,} nodes have"
    return html.Div(
        [
            html.Strong(f"{count} another time than this server."),
            html.Span(
                [
                    html.Bdi(", ".join(said) + more),
                    ". What they tell stands at the wrong time; set their clocks (chrony).",
                ]
            ),
        ],
        className="notice",
    )


def export_link(view: View, states: Sequence[NodeState]) -> str:
    """The address of the CSV of the selection's nodes in these states; none means all."""
    query = view.selection.to_query() | ({"state": [state.value for state in states]} if states else {})
    text = urlencode(query, doseq=True)
    return f"/api/v1/nodes.csv?{text}" if text else "/api/v1/nodes.csv"


def _build_row(row: Row, as_of: datetime, view: View) -> list[Cell]:
    memory = row["memory_mib"]
    return [
        _named(row["node_id"]),
        (build_state(row["state"]), ""),
        _beat(row["last_heartbeat_at"], as_of, view),
        _running(row["running_job_ids"], view),
        _said(row["instance_id"]),
        _said(row["instance_type"]),
        _said(row["availability_zone"]),
        _said(row["purchase_option"]),
        (UNKNOWN_TEXT, "nobody said") if row["vcpus"] is None else (f"{row['vcpus']:g}", ""),
        (UNKNOWN_TEXT, "nobody said") if memory is None else (f"{memory / MIB_PER_GIB:,.1f}", f"{memory:,.0f} MiB"),
        _said(row["engine_version"]),
        _when(row["registered_at"], view),
        _when(row["ended_at"], view) if row["ended_at"] else (UNKNOWN_TEXT, "it is not finished"),
        (format_count(row["attempts"]), ""),
    ]


def _named(node_id: str) -> Cell:
    if len(quote(node_id, safe="")) > LONGEST_NAME:
        return _said(node_id)
    logs = dcc.Link("logs", href=f"/logs?node={quote(node_id, safe='')}", className="beside", title="Its log files")
    name, exact = _said(node_id)
    return [name, " ", logs], exact


def _running(job_ids: Sequence[str], view: View) -> Cell:
    if not job_ids:
        return UNKNOWN_TEXT, "no attempt is open on it"
    links: list[Any] = []
    for job_id in job_ids[:MOST_LINKS]:
        href = view.link(f"/jobs/{quote(job_id, safe='')}")
        links += [", "] if links else []
        links.append(dcc.Link(html.Bdi(_cut(job_id, 12), className="mono"), href=href, title=_cut(job_id, 300)))
    more = f" and {len(job_ids) - MOST_LINKS} more" if len(job_ids) > MOST_LINKS else ""
    return [*links, more], ""


def _beat(at: datetime | None, as_of: datetime, view: View) -> Cell:
    if at is None:
        return UNKNOWN_TEXT, "it never sent a heartbeat"
    local = at.astimezone(view.selection.zone)
    age = html.Span(f" · {format_age(as_of - at)} ago", className="beside")
    return [format_instant(local), age], ""


def _when(at: datetime | None, view: View) -> Cell:
    if at is None:
        return UNKNOWN_TEXT, "nobody said"
    local = at.astimezone(view.selection.zone)
    return format_instant(local, seconds=False), format_instant(local)


def _said(value: object) -> Cell:
    if value is None or value == "":
        return UNKNOWN_TEXT, "nobody said"
    return html.Bdi(_cut(str(value), _LONGEST)), _cut(str(value), 600)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
