"""Types of values that several sections use, each with its rule, its words and its control."""

from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, StrictBool, StrictInt, StrictStr

from mmbatch_dash.domain.config.controls import Control, Kind, refuse, rule
from mmbatch_dash.domain.config.forms import REGION, is_absolute, is_plain, is_uuid, is_zone, matches, or_empty
from mmbatch_dash.domain.durations import Duration, parse_duration

LARGEST = 2**31 - 1
FOREVER = "forever"

Switch = Annotated[StrictBool, Control(Kind.BOOL)]
Count = Annotated[StrictInt, Field(gt=0, le=LARGEST), Control(Kind.INTEGER, "a whole number above 0")]
Interval = Annotated[
    Duration,
    rule(lambda value: value.nanoseconds > 0, "must be greater than 0"),
    Control(Kind.DURATION, "greater than 0, such as 15m, 90s or 1h30m"),
]
Age = Annotated[
    Duration,
    rule(lambda value: value.nanoseconds >= 0, "must be 0 or more"),
    Control(Kind.DURATION, "0 or more, such as 72h"),
]
AbsolutePath = Annotated[
    StrictStr,
    rule(lambda text: is_absolute(text) and text != "/", "must be an absolute path such as /mnt/data"),
    Control(Kind.PATH, "an absolute path"),
]
OptionalPath = Annotated[
    StrictStr,
    rule(or_empty(is_absolute), "must be an absolute path, or empty"),
    Control(Kind.PATH, "an absolute path, or empty"),
]
Paths = Annotated[
    tuple[Annotated[StrictStr, rule(is_plain, "must be a list of paths")], ...], Control(Kind.LIST, "a list of paths")
]
Uuid = Annotated[StrictStr, rule(is_uuid, "must be a UUID"), Control(Kind.TEXT, "a UUID")]
Zone = Annotated[
    StrictStr,
    rule(is_zone, "must be an IANA time zone such as Europe/Berlin"),
    Control(Kind.TEXT, "an IANA time zone"),
]
Region = Annotated[
    StrictStr,
    rule(matches(REGION), "must be an AWS region such as us-east-1"),
    Control(Kind.TEXT, "an AWS region"),
]


def _read_kept(value: Any) -> Duration | None:
    if value is None or value == FOREVER:
        return None
    try:
        kept = value if isinstance(value, Duration) else parse_duration(str(value))
    except ValueError:
        kept = Duration(0)
    if kept.nanoseconds <= 0:
        raise refuse("must be forever, or a duration such as 8760h", value)
    return kept


Kept = Annotated[
    Duration | None,
    PlainValidator(_read_kept),
    PlainSerializer(lambda kept: FOREVER if kept is None else str(kept), when_used="json"),
    Control(Kind.DURATION, "forever, or a duration such as 8760h", FOREVER),
]
