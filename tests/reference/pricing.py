"""The paid and the on-demand rate of an attempt (definitions, section 2, Rates) and the share of it that is charged."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.reference.attempts import Attempt
from tests.reference.instances import Instances
from tests.reference.merged import Job
from tests.reference.said import Said

FREE_HOUR = timedelta(hours=1)
CLOCK_SKEW = timedelta(minutes=5)
NOTICE_AHEAD = timedelta(minutes=2)
ZONE_NAME = re.compile(r"([a-z]{2}(?:-[a-z0-9]+)+-\d+)[a-z]?")
ZONE_ID = re.compile(r"([a-z]{2})(g?)([nsewc]{1,2})(\d+)-(?:[a-z]+\d+-)?az\d+")
COMPASS = {"n": "north", "s": "south", "e": "east", "w": "west", "c": "central"}


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
    """USD per hour paid, where it came from, what it were without a free hour, and the on-demand rate beside it."""

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
        place = zone if option == "spot" else fact.get("region") or region_of(zone) or settings.region
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


def region_of(zone: str | None) -> str | None:
    """The region of a zone: its name without the letter, or what a zone id such as euw1-az1 stands for."""
    if zone is None:
        return None
    if match := ZONE_NAME.fullmatch(zone):
        return match[1]
    if (match := ZONE_ID.fullmatch(zone)) is None:
        return None
    area, gov, direction, number = match.groups()
    return "-".join([area, *(["gov"] if gov else []), "".join(COMPASS[letter] for letter in direction), number])


def find_free_instances(jobs: Sequence[Job], instances: Instances) -> set[str]:
    """Spot instances that EC2 is known to have taken back within an hour of a launch whose time is known."""
    on: dict[str, list[Attempt]] = defaultdict(list)
    for job in jobs:
        for attempt in job.ran:
            if attempt.instance_id is not None:
                on[attempt.instance_id].append(attempt)
    free = set()
    for instance, attempts in on.items():
        launched = instances.fields.get(instance, {}).get("instance_launched_at") or min(
            [one.instance_launched_at for one in attempts if one.instance_launched_at], default=None
        )
        reclaimed_at = _reclaimed_at(instance, attempts, instances)
        if launched is None or reclaimed_at is None or not _is_spot(instance, attempts, instances):
            continue
        if -CLOCK_SKEW <= reclaimed_at - launched < FREE_HOUR:
            free.add(instance)
    return free


def _is_spot(instance: str, attempts: list[Attempt], instances: Instances) -> bool:
    own = instances.fields.get(instance, {}).get("purchase_option") == "spot"
    warned = bool(instances.interruptions.get(instance))
    return own or warned or any(one.purchase_option == "spot" for one in attempts)


def _reclaimed_at(instance: str, attempts: list[Attempt], instances: Instances) -> datetime | None:
    """When EC2 took the instance back; None where its hand in it is not known."""
    notices = instances.interruptions.get(instance, [])
    if not notices and not any(one.said_reclaimed for one in attempts):
        return None
    if terminations := instances.terminations.get(instance):
        return min(terminations)
    reclaimed = [one for one in attempts if one.end_reason == "reclaimed" or one.said_reclaimed]
    if ends := [one.ended_at for one in reclaimed if one.ended_at is not None]:
        return max(ends)
    if not notices:
        return None
    after_notice = max(notices) + NOTICE_AHEAD
    lived = [at for one in attempts for at in (one.started_at, one.ended_at) if at is not None]
    return after_notice if all(at <= after_notice for at in lived) else None


def charge_attempt(attempt: Attempt, book: PriceBook, free: set[str], share: float | None) -> Rate:
    """The rates of one attempt, scaled under attribution `share`; an unknown share leaves only a free hour known."""
    rate = rate_attempt(attempt, book)
    if book.settings.attribution == "share":
        for name in ("paid", "on_demand"):
            usd = getattr(rate, name)
            setattr(rate, name, None if usd is None or share is None else usd * share)
        rate.source = None if share is None else rate.source
    rate.before_free_hour = rate.paid
    if (
        book.settings.free_first_hour
        and attempt.instance_id in free
        and attempt.purchase_option != "on-demand"
        and attempt.platform != "FARGATE"
        and attempt.ran
    ):
        rate.paid, rate.source = 0.0, "free_hour"
    return rate


def rate_attempt(attempt: Attempt, book: PriceBook) -> Rate:
    """The rates of one attempt on a whole instance, before any free hour."""
    zone, instance_type, start = attempt.availability_zone, attempt.instance_type, attempt.started_at
    rate = Rate()
    unplaced = attempt.instance_id is None and None in (instance_type, zone, attempt.purchase_option)
    if attempt.platform == "FARGATE" or (attempt.platform == "EKS" and unplaced) or not attempt.ran:
        return rate
    if instance_type is not None and start is not None:
        region = region_of(zone) or attempt.region or book.settings.region
        rate.on_demand = book.on_demand_at(region, instance_type, start)
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
