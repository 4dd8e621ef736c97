"""Which share of the hours has which kind of rate, what is missing, and the lists that ship or are imported."""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.adapters.files import Format, read_file
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.queries.prices import fetch_price
from mmbatch_dash.store.shipped import SHIPPED, fetch_shipped, load_shipped
from tests.reference.worked_example import event, price


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(build_settings(tmp_path, environ={}), start_folding=False)
    yield opened
    opened.close()


def take(services: Services, events: list[dict[str, Any]]) -> None:
    services.intake.take(read_batch(events))
    services.fold.fold_all()
    services.worker.bump()


def hour(job_id: str, **placed: Any) -> list[dict[str, Any]]:
    known = {"instance_id": f"i-{job_id}", "instance_type": "m5.2xlarge", "purchase_option": "spot", **placed}
    return [
        event("job.started", "01:00", job_id=job_id, attempt=1, **{k: v for k, v in known.items() if v is not None}),
        event("job.succeeded", "02:00", job_id=job_id, attempt=1),
    ]


def test_every_hour_counts_under_one_source_and_what_is_missing_is_named(services: Services) -> None:
    take(
        services,
        [
            price("spot", "00:00", 0.3, "us-east-1a"),
            *hour("reported", usd_per_hour=0.5),
            *hour("history", availability_zone="us-east-1a"),
            *hour("nowhere", availability_zone="us-east-1b"),
            *hour("unknown", purchase_option=None),
            *hour("odd", purchase_option="on-demand", instance_type="zz9.huge"),
        ],
    )
    told = services.prices.coverage(Selection()).as_dict()
    assert told["instance_hours"] == pytest.approx(5)
    shares = {source: one["share"] for source, one in told["sources"].items() if one["hours"]}
    assert shares == pytest.approx({"reported": 0.2, "spot_history": 0.2, "unknown": 0.6})
    missing = {(one["need"], one["place"], one["instance_type"]) for one in told["missing"] if one["figure"] == "cost"}
    assert missing == {
        ("spot_history", "us-east-1b", "m5.2xlarge"),
        ("purchase_option", "us-east-1", "m5.2xlarge"),
        ("on_demand_price", "us-east-1", "zz9.huge"),
    }
    assert told["pending_jobs"] == 0


def test_without_any_price_no_dollar_is_shown(services: Services) -> None:
    take(services, hour("nowhere", availability_zone="us-east-1b", instance_type="zz9.huge"))
    coverage = services.prices.coverage(Selection())
    assert coverage.known_share == 0
    figures = services.reports.summary(Selection()).as_dict()["figures"]
    assert [figures[name]["value"] for name in ("cost_usd", "on_demand_savings_usd")] == [None, None]


def test_the_shipped_list_prices_on_demand_work_and_says_so(services: Services) -> None:
    take(services, hour("listed", purchase_option="on-demand"))
    told = services.prices.coverage(Selection()).as_dict()
    assert told["sources"]["price_list"]["share"] == 1
    assert told["shipped_list"]["listed_at"] == "2025-03-02T17:36:18Z"
    assert told["shipped_list"]["hours"] == pytest.approx(1)
    take(services, [price("on-demand", "00:30", 0.40)])  # what is observed comes first
    assert services.prices.coverage(Selection()).shipped_hours == 0


def test_the_shipped_list_holds_no_unknown_price_and_is_put_in_once(services: Services) -> None:
    content = json.loads(gzip.decompress(SHIPPED.read_bytes()))
    prices = [usd for regions in content["usd_per_hour"].values() for usd in regions.values()]
    assert len(prices) > 10_000
    assert all(usd > 0 for usd in prices)
    assert not any(region.startswith("cn-") for regions in content["usd_per_hour"].values() for region in regions)
    with services.database.cursor() as cursor:
        shipped = fetch_shipped(cursor)
    assert shipped is not None
    assert shipped.prices == len(prices)
    assert load_shipped(services.database) is False


def test_a_new_shipped_list_lets_what_it_concerns_be_costed_again(services: Services, tmp_path: Path) -> None:
    take(services, hour("listed", purchase_option="on-demand"))
    content = json.loads(gzip.decompress(SHIPPED.read_bytes()))
    content["usd_per_hour"] = {"m5.2xlarge": {"us-east-1": 7.0}}
    newer = tmp_path / "newer.json.gz"
    newer.write_bytes(gzip.compress(json.dumps(content).encode()))
    assert load_shipped(services.database, newer) is True
    services.fold.fold_all()
    services.worker.bump()
    assert services.reports.summary(Selection()).as_dict()["figures"]["cost_usd"]["value"] == pytest.approx(7.0)


def test_the_real_price_list_is_imported_and_each_price_is_found_again(services: Services, shared_data: Path) -> None:
    file = shared_data / "prices" / "karpenter_ondemand_linux_2026-07.csv"
    with file.open() as lines:
        listed = [row for row in csv.DictReader(lines) if not row["region"].startswith("cn-")]
    [*receipts] = services.intake.take_stream(read_file(file, Format.PRICES))
    services.fold.fold_all()
    assert sum(receipt.accepted for receipt in receipts) == len(listed)
    at = datetime(2026, 7, 21)  # noqa: DTZ001 - the store keeps UTC without zone
    with services.database.cursor() as cursor:
        for row in listed[::40]:
            found = fetch_price(cursor, "on-demand", row["region"], row["instance_type"], at)
            assert found is not None
            assert found[0] == float(row["ondemand_usd_per_hour"])
    assert sum(receipt.accepted for receipt in services.intake.take_stream(read_file(file, Format.PRICES))) == 0


def test_the_coverage_is_served(services: Services) -> None:
    take(services, hour("reported", usd_per_hour=0.5))
    answer = create_app(services).test_client().get("/api/v1/prices/coverage?purchase_option=spot")
    if answer.status_code == 401:
        pytest.skip("a login is required here")
    assert answer.get_json()["sources"]["reported"]["hours"] == pytest.approx(1)


def test_a_changed_setting_reaches_the_fold_whoever_changed_it(services: Services) -> None:
    take(services, [price("on-demand", "00:00", 1.0), *hour("assumed", availability_zone="us-east-1b")])
    assert services.watch.look() is False
    services.config.apply({"pricing.assumedSpotDiscount": 0.75}, who="Alice", origin="api")
    assert services.watch.look() is True
    services.fold.fold_all()
    assert services.prices.coverage(Selection()).as_dict()["sources"]["assumed"]["share"] == 1
    with services.database.cursor() as cursor:
        assert cursor.execute("SELECT cost_usd FROM jobs").fetchall() == [(pytest.approx(0.25),)]
