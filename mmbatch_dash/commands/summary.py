"""`summary`: the headline figures on the command line, from the store or from the server that holds it."""

import json
from collections.abc import Sequence
from typing import Any

import typer

from mmbatch_dash.commands.filter_options import parse_filters
from mmbatch_dash.commands.running import RunningServer
from mmbatch_dash.commands.store_access import reached
from mmbatch_dash.domain.figures import FIGURES, Unit
from mmbatch_dash.domain.selection import parse_selection
from mmbatch_dash.settings import Settings

_SIGNS = {Unit.USD: "USD", Unit.HOURS: "h", Unit.SECONDS: "s", Unit.COUNT: ""}


def run_summary(settings: Settings, *, as_json: bool, filters: Sequence[str]) -> None:
    """Prints the summary of a selection.

    Raises:
        MmbatchDashError: a filter does not parse, there are no data, or neither store nor server answers.
    """
    query = parse_filters(filters)
    with reached(settings) as store:
        if isinstance(store, RunningServer):
            summary = store.get("/api/v1/summary", query)
        else:
            summary = store.reports.summary(parse_selection(query)).as_dict()
    typer.echo(json.dumps(summary, indent=2) if as_json else _table(summary))


def _table(summary: dict[str, Any]) -> str:
    figures = summary["figures"]
    lines = [
        f"{'Total Jobs':<44}{figures['total_jobs']:>16,}",
        f"{'Spot Protections':<44}{figures['spot_protections']:>16,}",
    ]
    for figure in FIGURES:
        value, coverage = figures[figure.name]["value"], figures[figure.name]["coverage"]
        shown = "–" if value is None else f"{value:,.2f}"
        partly = f"   {coverage:.1%} known" if coverage is not None and coverage < 1 else ""
        lines.append(f"{figure.label:<44}{shown:>16} {_SIGNS[figure.unit]}{partly}")
    return "\n".join(lines)
