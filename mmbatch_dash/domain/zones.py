"""Availability zones by name. Zone ids (use1-az2) name other places in other accounts' words and are not taken."""

import re

from mmbatch_dash.domain.errors import InvalidInput

_ZONE_ID = re.compile(r"^[a-z]{2,5}\d+-(?:[a-z]+\d+-)*az\d+$")


def check_zone_name(zone: str, *, field: str) -> str:
    """The zone itself.

    Raises:
        InvalidInput: it is a zone id.
    """
    if _ZONE_ID.match(zone):
        raise InvalidInput(f"{zone!r} is a zone id; give the zone's name, such as us-east-1a", field=field)
    return zone
