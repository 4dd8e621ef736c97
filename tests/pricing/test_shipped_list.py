"""The shipped price list against a clean list of a later day, and what it says of itself."""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.queries.prices import fetch_price
from mmbatch_dash.store.shipped import SHIPPED, load_shipped

CONTENT: dict[str, Any] = json.loads(gzip.decompress(SHIPPED.read_bytes()))
COMPARED_AT = datetime(2026, 7, 20)  # noqa: DTZ001 - the store keeps UTC without zone


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_services(build_settings(tmp_path_factory.mktemp("data"), environ={}), start_folding=False)
    yield opened
    opened.close()


def price_at(services: Services, region: str, instance_type: str, at: datetime) -> tuple[float, str] | None:
    with services.database.cursor() as cursor:
        found = fetch_price(cursor, "on-demand", region, instance_type, at)
    return found and (found[0], found[2])


def test_no_price_is_off_a_clean_list_of_later_by_more_than_one_percent(services: Services, shared_data: Path) -> None:
    with (shared_data / "prices" / "karpenter_ondemand_linux_2026-07.csv").open() as lines:
        clean = {
            (row["region"], row["instance_type"]): float(row["ondemand_usd_per_hour"])
            for row in csv.DictReader(lines)
            if not row["region"].startswith("cn-")
        }
    with services.database.cursor() as cursor:
        rows = cursor.execute(
            "SELECT region, instance_type, usd_per_hour FROM shipped_prices WHERE effective_at <= $1 AND until_at > $1",
            [COMPARED_AT],
        ).fetchall()
    compared = {key: usd / clean[key] for *place, usd in rows if (key := (place[0], place[1])) in clean}
    assert len(compared) > 1500
    assert {key: ratio for key, ratio in compared.items() if abs(ratio - 1) > 0.01} == {}


def test_common_types_are_covered_to_95_percent_in_us_east_1_and_85_elsewhere() -> None:
    shares = CONTENT["coverage"]
    assert len(shares) > 30
    assert shares["us-east-1"] >= 0.95
    assert {region: share for region, share in shares.items() if share < 0.85} == {}


def test_the_share_of_common_types_that_a_clean_list_has_of_the_list_s_own_families(shared_data: Path) -> None:
    # Families that came after the list was made are unknown, which the coverage of the pages shows.
    families = {name.partition(".")[0] for name in CONTENT["usd_per_hour"]}
    with (shared_data / "prices" / "karpenter_ondemand_linux_2026-07.csv").open() as lines:
        listed = [
            row["instance_type"]
            for row in csv.DictReader(lines)
            if row["region"] == "us-east-1" and "metal" not in row["instance_type"]
        ]
    common = [name for name in listed if name[0] in "mcr" and name[1].isdigit() and name.partition(".")[0] in families]
    known = [name for name in common if "us-east-1" in CONTENT["usd_per_hour"].get(name, {})]
    assert len(known) / len(common) >= 0.95


@pytest.mark.parametrize(
    ("region", "instance_type", "usd", "source"),
    [
        ("us-east-1", "m5.large", 0.096, "shipped list"),
        ("us-east-1", "m6i.xlarge", 0.192, "shipped list (derived)"),  # listed as 0.2112: dedicated
        ("eu-west-1", "m5.large", 0.107, "shipped list (derived)"),  # not listed
        ("us-east-1", "g5.48xlarge", 16.288, "shipped list (derived)"),  # listed as 17.9168: dedicated
        ("us-east-1", "g4dn.12xlarge", 3.912, "shipped list"),  # right, though its family is in no proportion
    ],
)
def test_what_the_list_had_dedicated_or_not_at_all_is_derived_and_marked(
    services: Services, region: str, instance_type: str, usd: float, source: str
) -> None:
    found = price_at(services, region, instance_type, COMPARED_AT)
    assert found is not None
    assert (found[0], found[1]) == (pytest.approx(usd, rel=0.003), source)


@pytest.mark.parametrize(
    ("instance_type", "before", "after"), [("p4d.24xlarge", 32.7726, 21.9576), ("p5.48xlarge", 98.32, 55.06)]
)
def test_a_price_that_was_cut_holds_until_then_and_the_new_one_from_then_on(
    services: Services, instance_type: str, before: float, after: float
) -> None:
    days = [datetime(2025, 5, 31, 23), datetime(2025, 6, 1)]  # noqa: DTZ001 - as above
    found = [price_at(services, "us-east-1", instance_type, day) for day in days]
    assert [one and one[0] for one in found] == pytest.approx([before, after], rel=0.001)
    assert price_at(services, "us-east-1", instance_type, datetime(2025, 3, 1)) is None  # noqa: DTZ001


def test_where_a_change_is_dated_and_not_sized_nothing_is_known_from_then_on(
    services: Services, tmp_path: Path
) -> None:
    changes = {"m5": {"at": "2026-01-01T00:00:00+00:00", "factor": None}}
    file = tmp_path / "list.json.gz"
    file.write_bytes(gzip.compress(json.dumps({**CONTENT, "changes": changes}).encode()))
    assert load_shipped(services.database, file)
    found = [price_at(services, "us-east-1", "m5.large", datetime(year, 6, 1)) for year in (2025, 2026)]  # noqa: DTZ001
    assert [one and one[0] for one in found] == [0.096, None]
    assert load_shipped(services.database)


def test_the_list_says_its_source_date_licence_and_coverage(services: Services) -> None:
    told = services.prices.coverage(Selection()).as_dict()["shipped_list"]
    assert told["source"].startswith("Apache Libcloud")
    assert told["licence"] == "Apache License 2.0"
    assert told["listed_at"].startswith("2025-03-02")
    assert told["prices"] > told["derived"] > 1000
    assert told["common_types"] == CONTENT["coverage"]


def test_no_price_is_free_bare_metal_or_dearer_than_an_instance_can_be() -> None:
    prices = {
        (name, region): usd for name, regions in CONTENT["usd_per_hour"].items() for region, usd in regions.items()
    }
    assert all(0 < usd < 500 for usd in prices.values())
    assert not any("metal" in name or region.startswith("cn-") for name, region in prices)
