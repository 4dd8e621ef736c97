"""Section `dashboard`: how pages open for somebody who has not chosen otherwise."""

from typing import Annotated

from mmbatch_dash.domain.config.controls import Control, Kind, rule
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Interval, Switch, Zone
from mmbatch_dash.domain.durations import Duration

Refresh = Annotated[
    Duration,
    rule(lambda value: value.seconds >= 1, "must be at least 1s"),
    Control(Kind.DURATION, "at least 1s, such as 15s"),
]


class Dashboard(Section):
    """Pages."""

    timezone: Zone = setting("timezone", "UTC", "Zone of times, and of where days begin.", ours=True)
    engineering_mode: Switch = setting("engineeringMode", False, "Opens the Dashboard in Engineering Mode.", ours=True)
    refresh: Refresh = setting("refresh", "15s", "Time from one live refresh of a page to the next.", ours=True)
    stale_after: Interval = setting(
        "staleAfter",
        "168h",
        "A running job not heard of for longer is stale: counted apart and in no running figure.",
        ours=True,
    )
