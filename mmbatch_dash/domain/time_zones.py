"""Time zones by the names that mean the same to everything here that reads them."""

from functools import cache
from zoneinfo import available_timezones

_NOT_EVERYWHERE = frozenset({"localtime", "Factory"})
"""Names of zones that mean another thing on each machine, or nothing."""


@cache
def known_zones() -> frozenset[str]:
    """The IANA names known here: `localtime` and `posix/UTC`, which only some programs know, are not among them."""
    return frozenset(available_timezones() - _NOT_EVERYWHERE)
