"""`insight`: what to change, and the calculator of checkpoint intervals, which needs no store."""

import json as json_text
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mmbatch_dash.domain.durations import Duration
from mmbatch_dash.domain.errors import InvalidInput

if TYPE_CHECKING:
    from mmbatch_dash.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]

app = typer.Typer(name="insight", help="What to change, and how sure that is.", invoke_without_command=True)


@app.callback()
def advise(
    context: typer.Context,
    data_dir: DataDir = None,
    by: Annotated[str, typer.Option(help="queue, instance_type or pool.")] = "queue",
    json: Annotated[bool, typer.Option("--json", help="The JSON of GET /api/v1/insight.")] = False,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="NAME=VALUE, as in the API: --filter queue=align")
    ] = None,
) -> None:
    """Print what to change about each queue, and how sure that is."""
    if context.invoked_subcommand is None:
        from mmbatch_dash.settings import build_settings

        found = _read(build_settings(data_dir), by, filters or [])
        typer.echo(json_text.dumps(found, indent=2) if json else _as_text(found))


@app.command()
def interval(
    checkpoint_seconds: Annotated[float, typer.Option(help="What one checkpoint takes.")],
    seconds_between_reclaims: Annotated[float, typer.Option(help="Mean time between reclaims of an instance.")],
    notice_success: Annotated[
        float, typer.Option(help="Share of all reclaims before which a last checkpoint still succeeded.")
    ] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Seconds, as JSON.")] = False,
) -> None:
    """How far apart checkpoints are best taken: a calculator, without a store."""
    from mmbatch_dash.insight.intervals import best_intervals

    try:
        found = best_intervals(checkpoint_seconds, seconds_between_reclaims, notice_success)
    except ValueError as error:
        raise InvalidInput(f"No interval follows from that: {error}.") from None
    seconds = {"young_seconds": found.young, "daly_seconds": found.daly, "best_seconds": found.best}
    if json:
        # JSON has no infinity: null is an interval that nothing bounds.
        typer.echo(
            json_text.dumps({name: None if value == inf else value for name, value in seconds.items()}, indent=2)
        )
        return
    for label, value in zip(("Young", "Daly", "Best (exact)"), seconds.values(), strict=True):
        typer.echo(f"{label:<14}{'as long as you like' if value == inf else Duration(round(value) * 10**9)}")


def _read(settings: "Settings", by: str, filters: list[str]) -> dict[str, Any]:
    from mmbatch_dash.api.models.insight import as_answer
    from mmbatch_dash.api.queries import InsightQuery, read_query
    from mmbatch_dash.commands.filter_options import parse_filters
    from mmbatch_dash.commands.running import RunningServer
    from mmbatch_dash.commands.store_access import reached
    from mmbatch_dash.services.insight import InsightBy

    query = {**parse_filters(filters), "by": [by]}
    asked = read_query(InsightQuery, query)
    with reached(settings) as store:
        if isinstance(store, RunningServer):
            found: dict[str, Any] = store.get("/api/v1/insight", query)
            return found
        insight = store.insights.read(asked.selection, InsightBy(asked.by))
        return as_answer(insight, store.reports.removed(asked.selection)).model_dump(mode="json")


def _as_text(found: dict[str, Any]) -> str:
    lines = []
    for row in found["rows"]:
        lines += [f"{row['key']}: {row['verdict'].replace('_', ' ')}", *(f"  {said}" for said in row["says"]), ""]
    said = "\n".join(lines).rstrip() or "No job of this selection ran on spot: there is nothing to advise."
    if left_out := found["removed"]["jobs"]:
        said += f"\n\nLeft out: {left_out:,} jobs kept only as totals, ended before {found['removed']['before'][:10]}."
    return said
