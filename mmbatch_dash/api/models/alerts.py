"""Alerts: incidents, silences, rules, budgets."""

from typing import Annotated

from pydantic import Field, StrictStr

from mmbatch_dash.api.models.shape import Count, Instant, Shape

Text = Annotated[StrictStr, Field(max_length=200)]


class ToldOf(Shape):
    """What one channel was told of an incident."""

    channel: str
    began_at: Instant | None
    ended_at: Instant | None
    error: str = Field(description="Of the last try in vain; empty where there is none.")
    skipped: bool = Field(description="It is told nothing: silenced, or nobody took the message for days.")


class AlertIncident(Shape):
    """Something that went wrong."""

    id: str
    rule: str
    group: str = Field(description="The queue or user it is about; empty for all.")
    said: str
    since: Instant
    opened_at: Instant
    closed_at: Instant | None
    value: float = Field(description="Of the figure when it became an incident.")
    silenced: bool
    told: list[ToldOf]


class AlertSilence(Shape):
    """Nobody is told of what it fits, until it ends; empty rule and group fit every one."""

    id: str
    rule: str
    group: str
    until: Instant
    made_at: Instant
    made_by: str
    note: str


class AlertRule(Shape):
    """A rule in force."""

    name: str
    figure: str
    below: float | None
    above: float | None
    min_tried: Count | None
    window_seconds: float | None
    for_seconds: float
    by: str | None
    channels: list[str]
    shipped: bool


class AlertBudget(Shape):
    """A month's money."""

    name: str
    usd_per_month: float
    spent_usd: float
    share: float
    gone_on: Instant | None = Field(description="When it is gone at this rate, within the month.")
    channels: list[str]


class DigestTold(Shape):
    """What one channel got of a period."""

    channel: str
    at: Instant | None = Field(description="When it took the digest.")
    error: str = Field(description="Of the last try in vain; empty where there is none.")


class DigestBook(Shape):
    """The report of each period that is over, told once to each channel."""

    every: str = Field(description="weekly or monthly.")
    period: str = Field(description="The latest that is over, such as 2026-W09 or 2026-02.")
    told: list[DigestTold]


class DigestPreview(Shape):
    """What the digest of the latest period says, as it would be sent now."""

    period: str
    title: str
    text: str
    html: str
    channels: list[str] = Field(description="Who gets it.")


class AlertBook(Shape):
    """Everything about alerts; addresses of channels are in no answer."""

    open: list[AlertIncident]
    closed: list[AlertIncident] = Field(description="Those that are over, the latest first.")
    silences: list[AlertSilence]
    rules: list[AlertRule]
    budgets: list[AlertBudget]
    channels: list[str]
    digest: DigestBook


class AlertFigureShape(Shape):
    """A figure that a rule may name."""

    name: str
    about: str
    unit: str
    over: str
    groups: bool = Field(description="A rule may ask for it by queue, user or what else jobs are grouped by.")
    min_tried: bool = Field(description="`minTried` goes with it.")


class AlertFigures(Shape):
    """Figures that rules may name."""

    figures: list[AlertFigureShape]


class AlertTest(Shape):
    """Which channel to try."""

    channel: Text


class AlertTested(Shape):
    """Whether it took the message."""

    channel: str
    taken: bool
    error: str


class SilenceWish(Shape):
    """What to silence: a rule, a group of it, or everything where both are left out."""

    rule: Text = ""
    group: Text = ""
    note: Text = ""
    until: Annotated[StrictStr, Field(min_length=1, max_length=64)] = Field(description="An ISO 8601 instant.")


class SilenceEnded(Shape):
    """A silence that was ended."""

    ended: str
