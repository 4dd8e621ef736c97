"""A rule: a figure, of which jobs, over which time, and from where on it is wrong. The shipped ones are here too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from mmbatch_dash.domain.alerts.figures import ALERT_FIGURES, AlertFigure, Over
from mmbatch_dash.domain.config.alerts import Alerts, RuleSetting
from mmbatch_dash.domain.config.problems import Problem
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.groupings import DAY, QUEUE, Grouping, parse_grouping
from mmbatch_dash.domain.nearest import describe_choice
from mmbatch_dash.domain.selection import Selection, parse_selection

KEY = "alerts.rules"
USUAL_WINDOW = timedelta(hours=1)
OBSERVED_WINDOW = timedelta(days=30)
"""Under a month there are seldom reclaims enough to advise by."""
ADVISED_BY = ("queue", "instance_type")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, whole and checked.

    Attributes:
        name: what the configuration calls it.
        figure: what it watches.
        below: it is wrong under this; None where it has no lower bound.
        above: it is wrong over this.
        min_tried: tries that a rate must be of, for one failure of one try is no rate.
        window: over the time things happened; None where the figure is of now.
        held: for how long it must be wrong before it is an incident.
        by: one incident a queue, user or what jobs are grouped by; None for one over all.
        selection: which jobs.
        channels: who is told; empty for those of `alerts.tell`.
        shipped: it came with the product.
    """

    name: str
    figure: AlertFigure
    below: float | None
    above: float | None
    min_tried: int
    window: timedelta | None
    held: timedelta
    by: Grouping | None
    selection: Selection
    channels: tuple[str, ...]
    shipped: bool

    def breaks(self, value: float | None) -> bool:
        """Whether a value is wrong; an unknown one is not known to be."""
        if value is None:
            return False
        return (self.below is not None and value < self.below) or (self.above is not None and value > self.above)


SHIPPED: Mapping[str, RuleSetting] = {
    name: RuleSetting.model_validate(fields)
    for name, fields in {
        "checkpoints-fail": {
            "figure": "checkpoints.rate",
            "below": 0.9,
            "minTried": 10,
            "window": "1h",
            "by": "queue",
        },
        "restore-failed": {"figure": "restores.failed", "above": 0, "window": "1h", "by": "queue"},
        "unprotected-cost": {"figure": "reclaims.unprotected_usd", "above": 10, "window": "24h"},
        "reclaim-wave": {"figure": "reclaims", "above": 4, "window": "10m"},
        "stuck-runnable": {"figure": "running.runnable_seconds", "above": 3600, "by": "queue"},
        "no-events": {"figure": "server.silent_seconds", "above": 1800},
        "fold-behind": {"figure": "server.fold_lag_seconds", "above": 300},
        "disk-reserve": {"figure": "server.disk_free_by_reserve", "below": 1.5},
        "backup-old": {"figure": "server.backup_age_seconds", "above": 172_800},
    }.items()
}
"""On from the start; a rule of the same name in the configuration changes what it says of it."""


def read_rules(alerts: Alerts) -> tuple[list[Rule], list[Problem]]:
    """The rules in force in order of their names, shipped ones first, and what is wrong with those that are not."""
    rules, problems = [], []
    for name in dict.fromkeys((*SHIPPED, *alerts.rules)):
        setting = _merged(name, alerts)
        found = [Problem(KEY, f"{name!r} {said}") for said in _wrong(setting, alerts)]
        problems += found
        if setting.enabled and not found:
            rules.append(_rule(name, setting))
    return rules, problems


def _merged(name: str, alerts: Alerts) -> RuleSetting:
    shipped, own = SHIPPED.get(name), alerts.rules.get(name)
    if own is None or shipped is None:
        return own or shipped or RuleSetting()
    said = {field: getattr(own, field) for field in own.model_fields_set}
    # A bound the user names stands in place of the shipped one, whichever side that was on.
    cleared = {"above": None, "below": None} if {"above", "below"} & said.keys() else {}
    return shipped.model_copy(update={**cleared, **said})


def _wrong(setting: RuleSetting, alerts: Alerts) -> Iterator[str]:
    if setting.figure is None:
        yield f"must name a figure, or be one of the shipped rules: {', '.join(SHIPPED)}"
        return
    figure = ALERT_FIGURES.get(setting.figure)
    if figure is None:
        yield f"names a figure that is none: {describe_choice(setting.figure, tuple(ALERT_FIGURES))}"
        return
    if (setting.above is None) == (setting.below is None):
        yield "must have above or below, one of the two"
    if setting.window is not None and not figure.windowed:
        yield f"must have no window, because {figure.name} is of now"
    if setting.min_tried is not None and not figure.tries:
        yield f"must have no minTried, because {figure.name} is no rate"
    yield from _wrong_choice(setting, figure)
    if unknown := [channel for channel in setting.channels if channel not in alerts.channels]:
        yield f"names the channel {unknown[0]!r}, which alerts.channels does not have"


def _wrong_choice(setting: RuleSetting, figure: AlertFigure) -> Iterator[str]:
    if (setting.by or _query(setting)) and not figure.groups:
        yield f"must have no by and no selection, because {figure.name} is one number for all"
    if figure.over is Over.OBSERVED and setting.by and setting.by not in ADVISED_BY:
        yield f"must have by queue or instance_type, because {figure.name} is told by these"
    try:
        _grouping(setting)
        parse_selection(_query(setting))
    except InvalidFilter as error:
        yield f"is not understood: {error}"


def _grouping(setting: RuleSetting) -> Grouping | None:
    grouping = parse_grouping(setting.by) if setting.by else None
    if grouping is not None and grouping.name == DAY:
        raise InvalidFilter("day is cut by the window already", field="by")
    return grouping


def _query(setting: RuleSetting) -> dict[str, tuple[str, ...]]:
    return {name: given for name in ("queue", "user", "definition", "tag") if (given := getattr(setting, name))}


def _rule(name: str, setting: RuleSetting) -> Rule:
    figure = ALERT_FIGURES[setting.figure or ""]
    observed = figure.over is Over.OBSERVED
    usual = OBSERVED_WINDOW if observed else USUAL_WINDOW
    window = timedelta(seconds=setting.window.seconds) if setting.window else usual
    return Rule(
        name=name,
        figure=figure,
        below=setting.below,
        above=setting.above,
        min_tried=setting.min_tried or 1,
        window=window if figure.windowed else None,
        held=timedelta(seconds=setting.held.seconds),
        by=_grouping(setting) or (QUEUE if observed else None),
        selection=parse_selection(_query(setting)),
        channels=setting.channels,
        shipped=name in SHIPPED,
    )
