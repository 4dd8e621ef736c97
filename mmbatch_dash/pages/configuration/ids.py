"""Ids of the Configuration page."""

from enum import StrEnum


class ConfigurationId(StrEnum):
    """Every id callbacks speak to; each key has its own besides, made by the functions below."""

    SIGNAL = "configuration-signal"
    KEPT = "configuration-kept"
    OPENED = "configuration-opened"
    CHANGES = "configuration-changes"
    PLAN = "configuration-plan"
    WANTED = "configuration-wanted"
    DIGESTS = "configuration-digests"
    SCOPE = "configuration-scope"
    STANDING = "configuration-standing"
    NEWS = "configuration-news"
    FORM = "configuration-form"
    ADVICE = "configuration-advice"
    NONE = "configuration-none"
    BAR = "configuration-bar"
    COUNT = "configuration-count"
    REVIEW = "configuration-review"
    REVIEW_BOX = "configuration-review-box"
    REVIEW_TITLE = "configuration-review-title"
    REVIEW_BODY = "configuration-review-body"
    REVIEW_BACK = "configuration-review-back"
    CONFIRM = "configuration-confirm"
    KEEP_MINE = "configuration-keep-mine"
    TAKE_THEIRS = "configuration-take-theirs"
    ASK_BOX = "configuration-ask-box"
    ASK_TITLE = "configuration-ask-title"
    ASK_BODY = "configuration-ask-body"
    ASK_BACK = "configuration-ask-back"
    ASK_DO = "configuration-ask-do"
    HISTORY = "configuration-history"
    OBEDIENCE = "configuration-obedience"
    AWS_STATE = "configuration-aws-state"


def field_id(key: str) -> str:
    """The id of the control of a key."""
    return f"configuration-field-{_slug(key)}"


def box_id(key: str) -> str:
    """The id of the fieldset around a control, which disables it."""
    return f"configuration-box-{_slug(key)}"


def row_id(key: str) -> str:
    """The id of the whole row of a key."""
    return f"configuration-row-{_slug(key)}"


def note_id(key: str) -> str:
    """The id of what is said about the value in a control."""
    return f"configuration-note-{_slug(key)}"


def entries_id(key: str) -> str:
    """The id of the rows that edit a map."""
    return f"configuration-entries-{_slug(key)}"


def _slug(key: str) -> str:
    return key.replace(".", "-")
