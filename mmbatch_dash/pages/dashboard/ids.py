"""Ids of the Dashboard."""

from enum import StrEnum


class DashboardId(StrEnum):
    """Every id callbacks speak to; cards have one pair a figure, made by `card_id` and `card_note_id`."""

    DIGESTS = "dashboard-digests"
    FIRST_RUN = "dashboard-first-run"
    NOTICE = "dashboard-notice"
    BODY = "dashboard-body"
    SCOPE = "dashboard-scope"
    SENTENCE = "dashboard-sentence"
    MARKS = "dashboard-marks"
    WHERE = "dashboard-where"
    WHERE_BY = "dashboard-where-by"
    RUNNING = "dashboard-running"
    COST = "dashboard-cost"
    COST_TEXT = "dashboard-cost-text"
    COST_LEAD = "dashboard-cost-lead"
    SPREAD = "dashboard-spread"
    PROTECTIONS = "dashboard-protections"
    PROTECTIONS_TEXT = "dashboard-protections-text"
    PROTECTIONS_RATE = "dashboard-protections-rate"
    HOURS = "dashboard-hours"
    HOURS_TEXT = "dashboard-hours-text"
    HOURS_LEAD = "dashboard-hours-lead"
    RECLAIMS = "dashboard-reclaims"
    RECLAIMS_TEXT = "dashboard-reclaims-text"
    RECLAIMS_KEY = "dashboard-reclaims-key"
    ENGINEERING = "dashboard-engineering"
    QUEUES = "dashboard-queues"
    PRICES = "dashboard-prices"
    DOWNLOAD = "dashboard-download"
    COST_CSV = "dashboard-cost-csv"
    PROTECTIONS_CSV = "dashboard-protections-csv"
    HOURS_CSV = "dashboard-hours-csv"
    RECLAIMS_CSV = "dashboard-reclaims-csv"
    QUEUES_CSV = "dashboard-queues-csv"


CSV_BUTTONS = (
    DashboardId.COST_CSV,
    DashboardId.PROTECTIONS_CSV,
    DashboardId.HOURS_CSV,
    DashboardId.RECLAIMS_CSV,
    DashboardId.QUEUES_CSV,
)


def card_id(figure: str) -> str:
    """The id of the changing part of a headline card."""
    return f"dashboard-card-{figure}"


def card_note_id(figure: str) -> str:
    """The id of what the card says about its number of now: exact value, coverage, marks."""
    return f"dashboard-card-{figure}-note"
