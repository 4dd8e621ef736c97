"""The option --filter NAME=VALUE of commands: the query parameters of a selection."""

from collections.abc import Sequence

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.nearest import describe_choice
from mmbatch_dash.domain.selection import SELECTION_PARAMETERS, parse_selection


def parse_filters(filters: Sequence[str]) -> dict[str, list[str]]:
    """NAME=VALUE texts as query parameters, each checked.

    Raises:
        InvalidFilter: one has no value, an unknown name or a value that does not parse.
    """
    query: dict[str, list[str]] = {}
    for text in filters:
        name, sign, value = text.partition("=")
        if not sign:
            raise InvalidFilter(f"{text!r} is not NAME=VALUE", field="--filter")
        if name not in SELECTION_PARAMETERS:
            raise InvalidFilter(describe_choice(name, SELECTION_PARAMETERS), field="--filter")
        query.setdefault(name, []).append(value)
    parse_selection(query)
    return query
