"""`insight`: what to change, and the calculator of checkpoint intervals, which needs no store."""

import json as json_text
from math import inf
from typing import Annotated

import typer

from mmbatch_dash.domain.durations import Duration
from mmbatch_dash.domain.errors import InvalidInput

app = typer.Typer(name="insight", help="What to change, and how sure that is.", no_args_is_help=True)


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
