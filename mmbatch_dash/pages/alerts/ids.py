"""Ids of the page Alerts."""

from enum import StrEnum


class AlertsId(StrEnum):
    """Every id callbacks speak to."""

    OPEN = "alerts-open"
    CLOSED = "alerts-closed"
    BUDGETS = "alerts-budgets"
    DIGEST = "alerts-digest"
    PREVIEW = "alerts-preview"
    PREVIEWED = "alerts-previewed"
    RULES = "alerts-rules"
    SILENCES = "alerts-silences"
    CHANNEL = "alerts-channel"
    TEST = "alerts-test"
    SILENCE_RULE = "alerts-silence-rule"
    SILENCE_HOURS = "alerts-silence-hours"
    SILENCE_NOTE = "alerts-silence-note"
    SILENCE = "alerts-silence"
    SILENCE_ENDED = "alerts-silence-ended"
    SILENCE_END = "alerts-silence-end"
    CHANGED = "alerts-changed"
    TOLD = "alerts-told"
