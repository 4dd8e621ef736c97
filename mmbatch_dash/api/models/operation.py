"""What operators read: readiness, prices, the AWS sync, what was kept aside."""

from typing import Literal

from pydantic import Field

from mmbatch_dash.api.models.shape import Count, Instant, Shape

MOST_IDS = 1000


class Health(Shape):
    """The process answers."""

    status: Literal["up"]


class Readiness(Shape):
    """The tables are kept up to what is accepted."""

    status: str
    lag_seconds: float | None = Field(None, description="Not while the tables are made anew.")
    share: float | None = Field(None, description="Where the status is rebuilding: of the journal that is done.")
    reasons: list[str] | None = Field(None, description="Where the status is degraded: what of, in sentences.")


class RateSource(Shape):
    """What was priced from one source."""

    hours: float
    share: float | None
    attempts: Count


class ShippedList(Shape):
    """The price list that came with the product, and how many hours were priced by it."""

    listed_at: Instant
    source: str
    licence: str | None
    prices: Count
    derived: Count = Field(description="Of them, those worked out from another size of the same family.")
    common_types: dict[str, float] = Field(description="Region → share of the common types that has a price.")
    hours: float


class MissingPrice(Shape):
    """What keeps attempts from a rate of their own."""

    need: str
    figure: str
    assumed: bool
    purchase_option: str | None
    instance_type: str | None
    place: str | None
    attempts: Count
    hours: float
    first_at: Instant | None
    last_at: Instant | None


class PriceCoverage(Shape):
    """How well the cost figures of a selection are founded."""

    instance_hours: float
    attempts_without_times: Count
    sources: dict[str, RateSource]
    shipped_list: ShippedList | None
    attribution: str
    pending_jobs: Count
    missing: list[MissingPrice]


class SyncAccount(Shape):
    """What came of asking one account."""

    account: str
    last_try: str | None
    last_success: str | None
    last_error: str | None
    last_error_at: str | None
    trouble: str | None
    next_try: str | None
    failures: Count
    errors: dict[str, str]
    counts: dict[str, int]


class Sync(Shape):
    """What came of asking AWS."""

    running: bool
    every_seconds: float | None
    accounts: list[SyncAccount]


class Reject(Shape):
    """One thing kept aside."""

    reject_id: str
    received_at: Instant
    error: str
    place: int
    event_id: str | None
    door: str
    file: str | None
    raw: str | None
    options: dict[str, str]
    settled: str | None


class RejectPage(Shape):
    """Some of what was kept aside, oldest first, and how much there is."""

    total: Count
    rows: list[Reject]
    next: str | None


class RejectIds(Shape):
    """Which rejects are meant."""

    ids: list[str] = Field(min_length=1, max_length=MOST_IDS)


class Retried(Shape):
    """Which entered now, and which are refused still, with the reason."""

    entered: list[str]
    refused: dict[str, str]


class Dismissed(Shape):
    """Which were taken off the list."""

    dismissed: list[str]


class FileReceipt(Shape):
    """What became of one file."""

    name: str
    format: str | None = Field(description="It was read as; null where it is in none that is known.")
    new: Count
    known: Count
    kept_aside: Count
    first_reason: str | None


class ImportReceipt(Shape):
    """What became of the files of an import."""

    new: Count
    known: Count
    kept_aside: Count
    files: list[FileReceipt]
