"""How long a token may live, as people write it: 30d, 12h, never."""

import re
from datetime import timedelta

from mmbatch_dash.domain.errors import InvalidInput

LIFETIMES = (("90d", "90 days"), ("30d", "30 days"), ("365d", "a year"), ("1d", "a day"), ("never", "does not expire"))
DEFAULT = "90d"
LONGEST = timedelta(days=3650)
_TEXT = re.compile(r"([1-9][0-9]{0,5})([mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def parse_lifetime(text: str) -> timedelta | None:
    """The lifetime; None for `never`, 90 days for an empty text.

    Raises:
        InvalidInput: it is none, or longer than ten years.
    """
    chosen = text.strip() or DEFAULT
    if chosen == "never":
        return None
    found = _TEXT.fullmatch(chosen)
    lifetime = int(found[1]) * _UNITS[found[2]] if found else None
    if lifetime is None or lifetime > LONGEST:
        raise InvalidInput(f"must be like 90d, 12h or 30m, at most 3650d, or never; not {text!r}", field="expires")
    return lifetime
