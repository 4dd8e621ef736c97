"""Prices that cannot be believed are refused with a reason: zone ids, other currencies."""

from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.aws.prices import read_product
from mmbatch_dash.adapters.cloudevents import read_batch, read_event
from mmbatch_dash.adapters.spot_prices import read_row
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.zones import check_zone_name
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.database import Database
from tests.reference.worked_example import event, price


def with_data(**changes: Any) -> dict[str, Any]:
    observed = price("spot", "00:00", 0.30, "us-east-1a")
    return {**observed, "data": {**observed["data"], **changes}}


@pytest.mark.parametrize("zone", ["use1-az2", "apne1-az4", "usw2-lax1-az1", "usgw1-az1"])
def test_a_zone_id_is_no_zone(zone: str) -> None:
    row = {
        "InstanceType": "m5.large",
        "ProductDescription": "Linux/UNIX",
        "SpotPrice": "0.1",
        "Timestamp": "2026-03-01T00:00:00Z",
    }
    with pytest.raises(InvalidInput, match="is a zone id"):
        read_row({**row, "AvailabilityZone": zone})
    with pytest.raises(InvalidInput, match="is a zone id"):
        read_event(with_data(availability_zone=zone))


@pytest.mark.parametrize("zone", ["us-east-1a", "us-west-2-lax-1a", "us-gov-west-1b", "us-east-1-wl1-bos-wlz-1"])
def test_names_of_zones_pass(zone: str) -> None:
    assert check_zone_name(zone, field="zone") == zone


def test_a_currency_other_than_usd_is_refused() -> None:
    assert read_event(with_data(currency="USD")).facts[0]["usd_per_hour"] == 0.30
    with pytest.raises(InvalidInput, match="data.currency: prices are in USD"):
        read_event(with_data(currency="CNY"))
    product = {
        "terms": {
            "OnDemand": {
                "A": {
                    "effectiveDate": "2026-03-01T00:00:00Z",
                    "priceDimensions": {"B": {"unit": "Hrs", "pricePerUnit": {"CNY": "1.0"}}},
                }
            }
        }
    }
    with pytest.raises(InvalidInput, match="the price is in CNY, not USD"):
        read_product(product, "cn-north-1", "m5.large")


def test_a_listed_price_of_zero_is_unknown() -> None:
    free = {
        "A": {
            "effectiveDate": "2026-03-01T00:00:00Z",
            "priceDimensions": {"B": {"unit": "Hrs", "pricePerUnit": {"USD": "0"}}},
        }
    }
    assert read_product({"terms": {"OnDemand": free}}, "us-east-1", "m5.large") is None


ZONES = {
    "us-east-1a": "us-east-1",
    "use1-az2": "us-east-1",
    "euw1-az1": "eu-west-1",
    "apne1-az4": "ap-northeast-1",
    "apse2-az1": "ap-southeast-2",
    "aps1-az1": "ap-south-1",
    "euc1-az3": "eu-central-1",
    "mec1-az2": "me-central-1",
    "ilc1-az1": "il-central-1",
    "usgw1-az1": "us-gov-west-1",
    "cnnw1-az1": "cn-northwest-1",
    "usw2-lax1-az1": "us-west-2",
    "us-west-2-lax-1a": "us-west-2-lax-1",
    "somewhere": None,
    "az1": None,
}


def test_a_zone_and_the_id_of_one_name_their_region(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.duckdb")
    with database.cursor() as cursor:
        found = {zone: cursor.execute("SELECT zone_region($1)", [zone]).fetchone() for zone in ZONES}
    database.close()
    assert {zone: row and row[0] for zone, row in found.items()} == ZONES


def test_an_attempt_in_a_zone_known_by_its_id_has_the_price_of_its_region_and_no_spot_history(tmp_path: Path) -> None:
    services = open_services(build_settings(tmp_path, environ={}), start_folding=False)
    placed = {"instance_type": "m5.large", "availability_zone": "euw1-az1"}
    events = [
        event("job.started", "01:00", job_id="a", attempt=1, purchase_option="on-demand", **placed),
        event("job.succeeded", "02:00", job_id="a", attempt=1),
        event("job.started", "01:00", job_id="b", attempt=1, purchase_option="spot", **placed),
        event("job.succeeded", "02:00", job_id="b", attempt=1),
    ]
    services.intake.take(read_batch(events))
    services.fold.fold_all()
    with services.database.cursor() as cursor:
        found = cursor.execute("SELECT job_id, region, round(usd_per_hour, 3) FROM attempts ORDER BY job_id").fetchall()
    services.close()
    assert found == [("a", "eu-west-1", 0.107), ("b", "eu-west-1", None)]
