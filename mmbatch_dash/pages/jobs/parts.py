"""Tables of a job's page: attempts, checkpoints, restores."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.figures import Unit
from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_duration, format_exact, format_usd
from mmbatch_dash.pages.jobs.columns import Reading, format_when, shorten
from mmbatch_dash.pages.jobs.computed import SOURCES
from mmbatch_dash.pages.marks import build_state
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.store.queries.rows import Row

MOST_ROWS = 300


def build_attempts(attempts: Sequence[Row], reading: Reading) -> Component:
    """A row an attempt: where and when it ran, how it ended, what it cost."""
    if not attempts:
        return html.P("No attempt has started yet.", className="panel-empty")
    heads = [
        Head("Attempt", narrow=True), Head("Ended as", narrow=True), Head("Protection"), Head("Started"), Head("Ended"),
        Head("Run time", numeric=True, narrow=True), Head("Cost (USD)", numeric=True, narrow=True),
        Head("USD/h", numeric=True), Head("Instance"), Head("Type"), Head("Zone"), Head("Bought"), Head("Rate from"),
        Head("Reason"),
    ]  # fmt: skip
    rows = [_attempt_row(row, reading) for row in attempts[-MOST_ROWS:]]
    return build_table(heads, rows, _caption(len(attempts), "attempt"), "Attempts")


def build_checkpoints(checkpoints: Sequence[Row], restores: Sequence[Row], reading: Reading) -> list[Component]:
    """The checkpoints taken, then the restores made; the latest where there are very many."""
    if not checkpoints and not restores:
        text = "No checkpoint or restore of this job has been heard of. Reclaims of it count as unprotected."
        return [html.P(text, className="panel-empty")]
    parts: list[Component] = []
    if restores:
        heads = [
            Head("Restore into", narrow=True), Head("Outcome", narrow=True),
            Head("From attempt", numeric=True, narrow=True),
            Head("Checkpoint"), Head("State of"), Head("Finished"), Head("Took", numeric=True, narrow=True),
            Head("Error"),
        ]  # fmt: skip
        rows = [_restore_row(row, reading) for row in restores[-MOST_ROWS:]]
        parts.append(build_table(heads, rows, _caption(len(restores), "restore"), "Restores"))
    if checkpoints:
        heads = [
            Head("Checkpoint", narrow=True), Head("Outcome", narrow=True), Head("Attempt", numeric=True, narrow=True),
            Head("State of"), Head("Took", numeric=True, narrow=True), Head("Size (MiB)", numeric=True), Head("Error"),
        ]  # fmt: skip
        rows = [_checkpoint_row(row, reading) for row in checkpoints[-MOST_ROWS:]]
        parts.append(build_table(heads, rows, _caption(len(checkpoints), "checkpoint"), "Checkpoints"))
    return parts


def _attempt_row(row: Row, reading: Reading) -> list[Cell]:
    reason = row["reason"] or (f"exit code {row['exit_code']}" if row["exit_code"] is not None else None)
    return [
        (str(row["attempt"]), ""),
        (build_state(row["end_reason"]), ""),
        (build_state(row["outcome"]), "what became of the job after this reclaim")
        if row["outcome"]
        else (UNKNOWN_TEXT, "not reclaimed"),
        format_when(row["started_at"], reading),
        format_when(row["ended_at"], reading),
        _took(row["run_seconds"]),
        (format_usd(row["cost_usd"]), format_exact(row["cost_usd"], Unit.USD)),
        (UNKNOWN_TEXT, "no rate is known")
        if row["usd_per_hour"] is None
        else (f"{row['usd_per_hour']:,.4f}", f"{row['usd_per_hour']!r}"),
        _said(row["instance_id"]),
        _said(row["instance_type"]),
        _said(row["availability_zone"]),
        _said(row["purchase_option"]),
        (_wrap(SOURCES.get(row["rate_source"] or "", row["rate_source"])), ""),
        (_wrap(reason), ""),
    ]


def _wrap(text: str | None) -> Component | str:
    return html.Span(html.Bdi(text), className="wrapping wrapping-short") if text else UNKNOWN_TEXT


def _restore_row(row: Row, reading: Reading) -> list[Cell]:
    return [
        (f"Attempt {row['attempt']}", ""),
        (build_state(row["outcome"]), ""),
        _said(row["checkpoint_attempt"]),
        _said(row["checkpoint_id"]),
        format_when(row["checkpoint_taken_at"], reading),
        format_when(row["finished_at"], reading),
        _took(row["duration_seconds"]),
        _said(row["error"]),
    ]


def _checkpoint_row(row: Row, reading: Reading) -> list[Cell]:
    size = row["size_bytes"]
    return [
        (html.Bdi(shorten(str(row["checkpoint_id"])), className="mono") if row["checkpoint_id"] else UNKNOWN_TEXT, ""),
        (build_state(row["outcome"]), ""),
        (str(row["attempt"]), ""),
        format_when(row["taken_at"], reading),
        _took(row["duration_seconds"]),
        (UNKNOWN_TEXT, "nobody said") if size is None else (f"{size / 2**20:,.1f}", f"{size:,} bytes"),
        _said(row["error"]),
    ]


def _took(seconds: float | None) -> Cell:
    return format_duration(seconds), format_exact(seconds, Unit.SECONDS)


def _said(value: object) -> Cell:
    if value is None or value == "":
        return UNKNOWN_TEXT, "nobody said"
    return html.Bdi(shorten(str(value), 80)), shorten(str(value), 600)


def _caption(count: int, noun: str) -> str:
    more = f"; the latest {MOST_ROWS} are shown, all are in the data at /api/v1/jobs" if count > MOST_ROWS else ""
    return f"{count:,} {noun}{'' if count == 1 else 's'}{more}"
