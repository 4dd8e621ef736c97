"""Rows of the list as the grid takes them: plain texts by column, and what hovering adds."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.units import format_count
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.jobs.columns import COLUMNS, Reading, Row

_TALLIED = ("checkpoints_succeeded", "protections_succeeded")


def job_path(job_id: str) -> str:
    """The path of a job's own page."""
    return f"/jobs/{quote(job_id, safe='')}"


def build_rows(rows: Iterable[Row], reading: Reading, view: View) -> list[dict[str, Any]]:
    """Column → text, `id` the job id whole, `href` its page, `state` its status, `exact` column → hover text."""
    return [
        {
            **_build_cells(row, reading),
            "id": row["job_id"],
            "href": view.link(job_path(row["job_id"])),
            "state": row.get("status") or "",
        }
        for row in rows
    ]


def build_totals_row(totals: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """The row of sums: the same figures as the Dashboard's for the same selection; columns without a sum are empty."""
    jobs = totals["jobs"]
    summed = {*TOTALLED, *_TALLIED}
    cells = _build_cells(totals, reading)
    row = {column.name: cells[column.name] if column.name in summed else "" for column in COLUMNS}
    exact = {name: text for name, text in cells["exact"].items() if name in summed}
    # Spot Protections of the headline; the other outcomes are on the hover.
    row["protections_succeeded"] = f"{format_count(totals.get('protections_succeeded') or 0)} succeeded"
    return {
        **row,
        "id": "",
        "status": "Total",
        "name": f"{format_count(jobs)} {'job' if jobs == 1 else 'jobs'}",
        "exact": exact,
    }


def _build_cells(row: Row, reading: Reading) -> dict[str, Any]:
    said = {column.name: column.cell(row, reading) for column in COLUMNS}
    return {
        **{name: text for name, (text, _) in said.items()},
        "exact": {name: exact for name, (text, exact) in said.items() if exact and exact != text},
    }
