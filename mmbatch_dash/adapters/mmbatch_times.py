"""Times in the answers of an MMBatch management server: ISO 8601 text, or epoch seconds or milliseconds."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from mmbatch_dash.adapters.reading import MILLISECONDS_FROM
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.instants import from_epoch_ms, parse_instant


def moment_of(record: Mapping[str, Any], key: str, *, zone: tzinfo, path: str = "") -> datetime | None:
    """The instant under `key`, None where it is absent, empty, 0 or Go's zero time.

    Raises:
        InvalidInput: it is no such time.
    """
    value = record.get(key)
    if value is None or isinstance(value, bool) or not value:
        return None
    if isinstance(value, str):
        return None if value.startswith("0001-01-01") else parse_instant(value, zone=zone, field=path + key)
    if not isinstance(value, int | float):
        raise InvalidInput(f"must be a time, not {value!r:.80}", field=path + key)
    return from_epoch_ms(value if abs(value) >= MILLISECONDS_FROM else value * 1000, field=path + key)
