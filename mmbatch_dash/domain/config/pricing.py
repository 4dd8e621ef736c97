"""Section `pricing`: what is assumed where prices do not say."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from mmbatch_dash.domain.config.controls import Control, Kind, choice_control, refuse
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Region, Switch

NONE = "none"


class Attribution(StrEnum):
    """What part of its instance a job is charged."""

    INSTANCE = "instance"
    SHARE = "share"


def _read_discount(value: Any) -> float | None:
    if value is None or value == NONE:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise refuse("must be none, or a share from 0 to under 1 such as 0.65", value)
    return float(value)


Discount = Annotated[
    float | None,
    PlainValidator(_read_discount),
    PlainSerializer(lambda share: NONE if share is None else share, when_used="json"),
    Control(Kind.NUMBER, "none, or a share from 0 to under 1 such as 0.65", NONE),
]


class Pricing(Section):
    """Rates and attribution."""

    region: Region = setting("region", "us-east-1", "Region of prices where an instance's zone is unknown.", ours=True)
    attribution: Annotated[Attribution, choice_control(Attribution)] = setting(
        "attribution",
        "instance",
        "Charges each job its whole instance, or the share of it that it asked for.",
        ours=True,
    )
    assumed_spot_discount: Discount = setting(
        "assumedSpotDiscount",
        NONE,
        "Prices spot instances without price history at this much under on-demand; such costs are marked as assumed.",
        ours=True,
    )
    free_first_hour: Switch = setting(
        "freeFirstHour", True, "Counts an hour as free where EC2 took the instance back within an hour.", ours=True
    )
