"""The head of a job's page: who it is, in what state, its facts, its parent and children."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.flags import describe_flag
from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_count
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.jobs.columns import COLUMNS, Reading, format_when, shorten
from mmbatch_dash.pages.jobs.rows import job_path
from mmbatch_dash.pages.jobs.sentence import describe_job
from mmbatch_dash.pages.jobs.ways_out import build_ways_out
from mmbatch_dash.pages.marks import build_copy, build_state
from mmbatch_dash.pages.tables import Head, build_table
from mmbatch_dash.services.jobs import JobDetail
from mmbatch_dash.store.queries.rows import Row

_CELLS = {column.name: column for column in COLUMNS}
_FACTS = (
    "queue", "user", "definition", "vcpus", "memory_mib", "gpus", "instance_types", "purchase_option",
    "availability_zone", "submitted_at", "started_at", "completed_at", "waiting_seconds", "runtime_seconds",
    "checkpoints_succeeded", "protections_succeeded", "rootfs_bytes_max", "memory_mib_max",
)  # fmt: skip
_LONGEST = 2_000


def build_head(detail: JobDetail, view: View) -> list[Component]:
    """Way back, name, id, state, and why it is in it."""
    job = detail.job
    phase = job["phase"] if job["phase"] not in (None, "none") else ""
    word = f"{str(job['status'] or 'unknown').capitalize()}{f' · {phase}' if phase else ''}"
    reason = job["status_reason"]
    return [
        dcc.Link("← Jobs", href=view.link("/jobs"), className="way-back"),
        html.Div(
            [
                html.H1(
                    html.Bdi(shorten(str(job["name"] or job["job_id"]))),
                    title=shorten(str(job["name"] or ""), _LONGEST),
                ),
                html.Span(build_state(job["status"], word), className="job-state"),
            ],
            className="job-title",
        ),
        html.P(
            [html.Bdi(shorten(job["job_id"]), className="mono"), build_copy(job["job_id"], "Copy the job id")],
            className="job-title job-id-line",
        ),
        html.P(html.Bdi(shorten(str(reason), _LONGEST)), className="job-reason") if reason else None,
        _build_stale(detail, view) if detail.stale else None,
        html.P(said, className="sentence job-sentence") if (said := describe_job(detail)) else None,
        build_ways_out(job),
    ]


def _build_stale(detail: JobDetail, view: View) -> Component:
    text, exact = format_when(detail.heard_at, Reading(view.selection.zone))
    said = "Not heard of since then, so it is in no running figure."
    return html.P([f"{said} Last heard of: ", html.Time(text, title=exact)], className="job-reason")


def build_facts(detail: JobDetail, reading: Reading) -> list[Component]:
    """What is known of the job, name and value; then its tags and what to know before trusting its figures."""
    items = [_build_fact(_CELLS[name].label, *_CELLS[name].cell(detail.job, reading)) for name in _FACTS]
    tags = detail.job["tags"] or {}
    chips: Any = [
        html.Span([html.Bdi(shorten(key)), ": ", html.Bdi(shorten(value))], className="tag")
        for key, value in tags.items()
    ] or UNKNOWN_TEXT
    items.append(html.Div([html.Dt("Tags"), html.Dd(chips, className="tags")], className="fact fact-wide"))
    flags = [html.Li(describe_flag(flag)) for flag in detail.job["flags"] or ()]
    notes = [html.Ul(flags, className="flags", **{"aria-label": "To know about its figures"})] if flags else []
    return [html.Dl(items, className="facts"), *notes]


def build_family(detail: JobDetail, view: View, reading: Reading) -> list[Component]:
    """Links to the parent of an array or multi-node child, and a table of a parent's children."""
    parts: list[Component] = []
    parent_id = detail.job["parent_id"]
    if parent_id:
        name = (detail.parent or {}).get("name") or parent_id
        link = dcc.Link(html.Bdi(shorten(str(name))), href=view.link(job_path(parent_id)))
        parts.append(html.P(["One of the jobs of ", link, ", which only holds them and counts in no figure."]))
    if detail.job["is_parent"]:
        parts.append(_build_children(detail.children, detail.children_total, view, reading))
    kind = "panel holds-jobs" if detail.job["is_parent"] else "panel"
    return [html.Section([html.H2("Belongs together"), *parts], className=kind)] if parts else []


def _build_children(children: Sequence[Row], total: int, view: View, reading: Reading) -> Component:
    if not children:
        return html.P("It holds other jobs and counts in no figure itself. None of them has been heard of yet.")
    heads = [Head("Job", narrow=True), Head("State", narrow=True), *map(Head, ("Submitted", "Started", "Completed"))]
    heads.append(Head("Attempts", numeric=True, narrow=True))
    rows = [
        [
            (dcc.Link(html.Bdi(shorten(child["job_id"])), href=view.link(job_path(child["job_id"]))), child["job_id"]),
            (build_state(child["status"]), ""),
            *(format_when(child[name], reading) for name in ("submitted_at", "started_at", "completed_at")),
            (format_count(child["attempts"]), ""),
        ]
        for child in children
    ]
    more = f"; the first {len(children):,} are shown" if total > len(children) else ""
    caption = f"{total:,} {'job' if total == 1 else 'jobs'}{more}"
    lead = html.P(describe_children(children, total), className="panel-lead")
    return html.Div([lead, build_table(heads, rows, caption, "Jobs it holds")])


def describe_children(children: Sequence[Row], total: int) -> str:
    """How many jobs a parent holds and how they stand, which its own state and figures do not tell.

    Args:
        children: those that are shown.
        total: how many there are.
    """
    states = Counter(str(child["status"] or UNKNOWN_TEXT).lower() for child in children)
    said = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    of = f"of the first {len(children):,}, " if total > len(children) else ""
    return f"Holds {total:,} {'job' if total == 1 else 'jobs'} and counts in no figure itself: {of}{said}."


def _build_fact(label: str, text: str, exact: str) -> Component:
    kind = "unknown" if text == UNKNOWN_TEXT else ""
    return html.Div([html.Dt(label), html.Dd(html.Bdi(text), title=exact, className=kind)], className="fact")
