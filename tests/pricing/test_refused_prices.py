"""Prices that cannot be believed are refused with a reason: zone ids, other currencies."""

from typing import Any

import pytest

from mmbatch_dash.adapters.aws.prices import read_product
from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.adapters.spot_prices import read_row
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.zones import check_zone_name
from tests.reference.worked_example import price


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
