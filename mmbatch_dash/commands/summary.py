"""`summary`: the headline figures on the command line, from the store or from the server that holds it."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import typer

from mmbatch_dash.commands.serving import read_server_url
from mmbatch_dash.commands.store_access import opened
from mmbatch_dash.domain.errors import InvalidFilter, StoreUnavailable
from mmbatch_dash.domain.figures import FIGURES, Unit
from mmbatch_dash.domain.selection import SELECTION_PARAMETERS, parse_selection
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.machine import read_machine_token

_SIGNS = {Unit.USD: "USD", Unit.HOURS: "h", Unit.SECONDS: "s", Unit.COUNT: ""}


def run_summary(settings: Settings, *, as_json: bool, filters: Sequence[str]) -> None:
    """Prints the summary of a selection.

    Raises:
        MmbatchDashError: a filter does not parse, there are no data, or neither store nor server answers.
    """
    query = parse_filters(filters)
    try:
        with opened(settings) as services:
            summary = services.reports.summary(parse_selection(query)).as_dict()
    except StoreUnavailable as error:
        summary = _ask_server(settings, query, error)
    typer.echo(json.dumps(summary, indent=2) if as_json else _table(summary))


def parse_filters(filters: Sequence[str]) -> dict[str, list[str]]:
    """NAME=VALUE texts as query parameters.

    Raises:
        InvalidFilter: one has no value or an unknown name.
    """
    query: dict[str, list[str]] = {}
    for text in filters:
        name, sign, value = text.partition("=")
        if not sign or name not in SELECTION_PARAMETERS:
            raise InvalidFilter(f"{text!r} is not NAME=VALUE with a name of {', '.join(SELECTION_PARAMETERS)}")
        query.setdefault(name, []).append(value)
    return query


def _ask_server(settings: Settings, query: dict[str, list[str]], held: StoreUnavailable) -> dict[str, Any]:
    url = read_server_url(settings)
    if url is None:
        raise held
    # Where people have to log in, this machine's own token lets the command read.
    headers = {"X-Api-Key": read_machine_token(settings.secrets_dir)}
    request = Request(f"{url}/api/v1/summary?{urlencode(query, doseq=True)}", headers=headers)  # noqa: S310 - our own
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            body: dict[str, Any] = json.load(answer)
            return body
    except (URLError, ValueError) as error:
        raise StoreUnavailable(f"{held} The server at {url} did not answer: {error}") from None


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
