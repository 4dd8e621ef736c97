"""The pricing settings the figures depend on: handed to the steps, and what a change of them makes to be done again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import duckdb

from mmbatch_dash.store.database import get_meta, set_meta

IN_FORCE = "pricing_settings"
RATE_SETTINGS = ("assumed_spot_discount", "free_first_hour", "attribution")
"""Settings that change rates alone; the others change what an attempt is taken to be."""


@dataclass(frozen=True, slots=True)
class PricingSettings:
    """Settings that the figures depend on (api.md, pricing.* and aws.purchaseOptions).

    Attributes:
        region: region of attempts whose zone is unknown.
        assumed_spot_discount: share taken off the on-demand price where spot has no history; None assumes nothing.
        free_first_hour: whether an instance reclaimed within an hour of its launch is free.
        purchase_options: queue → spot or on-demand, where no event tells.
        attribution: `instance` charges a job its whole instance, `share` the part of it that it asked for.
    """

    region: str = "us-east-1"
    assumed_spot_discount: float | None = None
    free_first_hour: bool = True
    purchase_options: Mapping[str, str] = field(default_factory=dict)
    attribution: str = "instance"


def hand_to_steps(cursor: duckdb.DuckDBPyConnection, pricing: PricingSettings) -> None:
    """Puts the settings where the steps read them: temporary tables pricing and queue_options."""
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE pricing AS SELECT ?::VARCHAR AS region, ?::DOUBLE AS assumed_spot_discount, "
        "?::BOOLEAN AS free_first_hour, ?::VARCHAR AS attribution",
        [pricing.region, pricing.assumed_spot_discount, pricing.free_first_hour, pricing.attribution],
    )
    cursor.execute("CREATE OR REPLACE TEMP TABLE queue_options (queue VARCHAR, purchase_option VARCHAR)")
    if pricing.purchase_options:
        cursor.executemany("INSERT INTO queue_options VALUES (?, ?)", list(pricing.purchase_options.items()))


def remember_settings(cursor: duckdb.DuckDBPyConnection, pricing: PricingSettings) -> None:
    """Lets the jobs that other settings than those last in force concern wait to be done again.

    In the caller's transaction: what is remembered as in force and the jobs that wait for it change together, so that
    a server that ends in between finishes the change when it starts again.
    """
    now = asdict(pricing)
    stored = get_meta(cursor, IN_FORCE)
    before = now if stored is None else json.loads(stored)
    if before != now:
        _queue_changed(cursor, before, now)
    if stored is None or before != now:
        set_meta(cursor, IN_FORCE, json.dumps(now, sort_keys=True))


def _queue_changed(cursor: duckdb.DuckDBPyConnection, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    if before.get("region") != now["region"]:
        cursor.execute(
            "INSERT INTO pending_jobs SELECT DISTINCT job_key, true FROM known_attempts "
            "WHERE zone_region(availability_zone) IS NULL"
        )
    old, new = before.get("purchase_options", {}), now["purchase_options"]
    if changed := [queue for queue in {*old, *new} if old.get(queue) != new.get(queue)]:
        cursor.execute(
            "INSERT INTO pending_jobs SELECT job_key, true FROM known_jobs "
            "WHERE queue IN (SELECT unnest(?::VARCHAR[]))",
            [changed],
        )
    if any(before.get(name) != now[name] for name in RATE_SETTINGS):
        cursor.execute("INSERT INTO pending_jobs SELECT DISTINCT job_key, false FROM known_attempts")
