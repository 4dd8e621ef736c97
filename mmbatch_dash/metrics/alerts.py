"""Rules over frames of figures: which groups are wrong, and by how much. No I/O, no clock."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from mmbatch_dash.domain.alerts.figures import SHARE, AlertFigure
from mmbatch_dash.domain.alerts.incidents import Finding
from mmbatch_dash.domain.config.alert_rules import Rule
from mmbatch_dash.domain.figures import Unit
from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.domain.units import format_duration, format_hours, format_rate, format_usd
from mmbatch_dash.metrics.summary import known_or_none


def judge(rule: Rule, frame: pd.DataFrame) -> dict[str, Finding]:
    """Group → what is wrong there.

    Args:
        rule: what is watched.
        frame: a row a group, `key` (None where jobs lack it) and the parts of the figure as columns: of a rate
            the tries that succeeded and failed, else the figure itself.

    Returns:
        "" for the one row of a rule that does not group, UNKNOWN for the jobs that lack the key. Empty where all is
        well, and where the figure is unknown: a rate of fewer tries than the rule asks for is.
    """
    wrong = {}
    for row in frame.to_dict("records"):
        value = value_of(rule, row)
        if value is None or not rule.breaks(value):
            continue
        key = row.get("key")
        group = "" if rule.by is None else UNKNOWN if key is None or pd.isna(key) else str(key)
        wrong[group] = Finding(value, describe(rule, group, value), rule.held, rule.channels)
    return wrong


def value_of(rule: Rule, row: Mapping[Hashable, Any]) -> float | None:
    """The figure of one row; None where it is unknown."""
    kind, _, part = rule.figure.name.partition(".")
    if part not in ("rate", "attempts"):
        return known_or_none(row.get(rule.figure.name))
    succeeded, failed = (known_or_none(row[f"{kind}.{outcome}"]) or 0.0 for outcome in ("succeeded", "failed"))
    tried = succeeded + failed
    if part == "attempts":
        return tried
    return succeeded / tried if tried >= rule.min_tried else None


def describe(rule: Rule, group: str, value: float) -> str:
    """What is wrong, in a sentence: `align: checkpoints.rate 62.5 % in 1 h, under 90.0 %`."""
    where = f"{group}: " if group else ""
    bound = rule.below if rule.below is not None and value < rule.below else rule.above
    side = "under" if bound == rule.below and bound is not None and value < bound else "over"
    window = f" in {format_duration(rule.window.total_seconds())}" if rule.window else ""
    return f"{where}{rule.figure.name} {show(rule.figure, value)}{window}, {side} {show(rule.figure, bound)}"


def show(figure: AlertFigure, value: float | None) -> str:
    """A value in the form of its unit."""
    if value is None:
        return "unknown"
    if figure.unit == SHARE:
        return format_rate(value)
    if figure.unit == Unit.USD:
        return format_usd(value)
    if figure.unit == Unit.SECONDS:
        return format_duration(value)
    return f"{format_hours(value)} h" if figure.unit == Unit.HOURS else f"{value:,.6g}"
