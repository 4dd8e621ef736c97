"""The paid and the on-demand rate of an attempt (definitions, section 2, Rates) and the share of it that is charged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.reference.instances import Instances
from tests.reference.merged import Attempt, Job
from tests.reference.said import Said

FREE_HOUR = timedelta(hours=1)


class Price(NamedTuple):
    """One price of the shipped list: on-demand USD per hour for (region, instance type) from a time on."""

    region: str
    instance_type: str
    usd_per_hour: float
    effective_at: datetime


@dataclass(frozen=True)
class PricingSettings:
    """The pricing settings in force."""

    region: str = "us-east-1"
    free_first_hour: bool = True
    assumed_spot_discount: float | None = None
    attribution: str = "instance"
    shipped: tuple[Price, ...] = ()


@dataclass
class Rate:
    """USD per hour paid, where it came from, and the on-demand rate beside it."""

    paid: float | None = None
    source: str | None = None
    on_demand: float | None = None
    before_free_hour: float | None = None


@dataclass
class PriceBook:
    """Histories: (at, usd) in order of time, one price at one time."""

    settings: PricingSettings
    spot: dict[tuple[str, str], list[tuple[datetime, float]]] = field(default_factory=dict)
    on_demand: dict[tuple[str, str], list[tuple[datetime, float]]] = field(default_factory=dict)
    shipped: dict[tuple[str, str], list[tuple[datetime, float]]] = field(default_factory=dict)

    def on_demand_at(self, region: str, instance_type: str, at: datetime) -> float | None:
        """The on-demand price in force; an observed one overrides the shipped list."""
        key = (region, instance_type)
        observed = _in_force(self.on_demand.get(key, []), at)
        return _in_force(self.shipped.get(key, []), at) if observed is None else observed

    def spot_mean(self, zone: str, instance_type: str, start: datetime, end: datetime | None) -> float | None:
        """The time-weighted mean over [start, end], or the price at start where that range is empty or open."""
        history = self.spot.get((zone, instance_type), [])
        price = _in_force(history, start)
        if price is None or end is None or end <= start:
            return price
        paid, since = 0.0, start
        for at, usd in history:
            if start < at < end:
                paid, since, price = paid + price * (at - since).total_seconds(), at, usd
        paid += price * (end - since).total_seconds()
        return paid / (end - start).total_seconds()


def build_price_book(said: Sequence[Said], settings: PricingSettings) -> PriceBook:
    """The price book of all price facts; of two prices for one key and time the heavier source's holds."""
    book = PriceBook(settings)
    latest: dict[tuple[str, str, str, datetime], Said] = {}
    for one in said:
        if one.fact["type"] != "mmbatch.price.observed":
            continue
        fact, zone = one.fact, one.fact.get("availability_zone")
        option = fact["purchase_option"]
        place = zone if option == "spot" else fact.get("region") or (zone or "")[:-1] or settings.region
        if place is None:
            continue
        key = (option, place, fact["instance_type"], fact["effective_at"])
        if key not in latest or one.weight > latest[key].weight:
            latest[key] = one
    for (option, place, instance_type, at), one in sorted(latest.items()):
        history = book.spot if option == "spot" else book.on_demand
        history.setdefault((place, instance_type), []).append((at, one.fact["usd_per_hour"]))
    for price in sorted(settings.shipped, key=lambda price: price.effective_at):
        book.shipped.setdefault((price.region, price.instance_type), []).append(
            (price.effective_at, price.usd_per_hour)
        )
    return book


def find_free_instances(jobs: Sequence[Job], instances: Instances) -> set[str]:
    """Instances that EC2 took back within an hour of a launch whose time is known."""
    free = set()
    for attempt in (attempt for job in jobs for attempt in job.attempts):
        launched = instances.fields.get(attempt.instance_id or "", {}).get("instance_launched_at")
        if attempt.end_reason != "reclaimed" or attempt.purchase_option != "spot" or launched is None:
            continue
        if attempt.ended_at is not None and attempt.ended_at - launched < FREE_HOUR:
            free.add(str(attempt.instance_id))
    return free


def charge_attempt(attempt: Attempt, book: PriceBook, free: set[str], share: float | None) -> Rate:
    """The rates of one attempt, scaled under attribution `share`; an unknown share leaves only a free hour known."""
    rate = rate_attempt(attempt, book, free)
    if book.settings.attribution != "share":
        return rate
    if share is None:
        return Rate(0.0, rate.source) if rate.source == "free_hour" else Rate()
    scaled = [None if usd is None else usd * share for usd in (rate.paid, rate.on_demand, rate.before_free_hour)]
    return Rate(scaled[0], rate.source, scaled[1], scaled[2])


def rate_attempt(attempt: Attempt, book: PriceBook, free: set[str]) -> Rate:
    """The rates of one attempt on a whole instance."""
    rate = _charged_rate(attempt, book)
    rate.before_free_hour = rate.paid
    freed = book.settings.free_first_hour and attempt.instance_id in free and attempt.purchase_option == "spot"
    if freed and attempt.platform not in ("FARGATE", "EKS"):
        rate.paid, rate.source = 0.0, "free_hour"
    return rate


def _charged_rate(attempt: Attempt, book: PriceBook) -> Rate:
    zone, instance_type, start = attempt.availability_zone, attempt.instance_type, attempt.started_at
    rate = Rate()
    if attempt.platform in ("FARGATE", "EKS"):
        return rate
    if instance_type is not None and start is not None:
        rate.on_demand = book.on_demand_at(zone[:-1] if zone else book.settings.region, instance_type, start)
    if attempt.usd_per_hour is not None:
        rate.paid, rate.source = attempt.usd_per_hour, "reported"
    elif attempt.purchase_option == "on-demand" and rate.on_demand is not None:
        rate.paid, rate.source = rate.on_demand, "price_list"
    elif attempt.purchase_option == "spot":
        if zone is not None and instance_type is not None and start is not None:
            rate.paid = book.spot_mean(zone, instance_type, start, attempt.ended_at)
            rate.source = "spot_history" if rate.paid is not None else None
        discount = book.settings.assumed_spot_discount
        if rate.paid is None and discount is not None and rate.on_demand is not None:
            rate.paid, rate.source = rate.on_demand * (1 - discount), "assumed"
    return rate


def _in_force(history: list[tuple[datetime, float]], at: datetime) -> float | None:
    known = [usd for since, usd in history if since <= at]
    return known[-1] if known else None
