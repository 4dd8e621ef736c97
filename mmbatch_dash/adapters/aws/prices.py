"""Spot price history and on-demand prices from AWS's APIs, for exactly what is needed."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mmbatch_dash.adapters import price_list, spot_prices
from mmbatch_dash.adapters.reading import content_id
from mmbatch_dash.domain.choices import PurchaseOption, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Fact, Rejection
from mmbatch_dash.domain.instants import parse_instant, to_iso

DOOR = "aws"
SOURCE = "aws.pricing/on-demand"


def read_spot_history(
    ec2: Any, instance_type: str, zone: str, first_at: datetime, last_at: datetime
) -> Iterator[Entry | Rejection]:
    """The Linux prices of one type in one zone in force from `first_at` to `last_at`; AWS gives the newest first."""
    pages = ec2.get_paginator("describe_spot_price_history").paginate(
        InstanceTypes=[instance_type],
        AvailabilityZone=zone,
        ProductDescriptions=["Linux/UNIX"],
        StartTime=first_at,
        EndTime=last_at,
    )
    for place, row in enumerate((row for page in pages for row in page["SpotPriceHistory"]), 1):
        # As the AWS CLI prints it, so that the same price imported and asked for is one entry.
        plain = {name: row.get(name) for name in spot_prices.COLUMNS}
        if isinstance(row.get("Timestamp"), datetime):
            plain["Timestamp"] = row["Timestamp"].astimezone(UTC).isoformat()
        try:
            yield spot_prices.read_row(plain)
        except InvalidInput as error:
            yield Rejection(str(error), plain, place, None, DOOR)


def read_on_demand(pricing: Any, region: str, instance_type: str) -> Iterator[Entry | Rejection]:
    """The on-demand price of a Linux instance of shared tenancy, in force from the date AWS gives."""
    wanted = {
        "regionCode": region,
        "instanceType": instance_type,
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
    }
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    pages = pricing.get_paginator("get_products").paginate(ServiceCode="AmazonEC2", Filters=filters)
    for place, text in enumerate((text for page in pages for text in page["PriceList"]), 1):
        product = json.loads(text) if isinstance(text, str) else text
        try:
            if entry := read_product(product, region, instance_type):
                yield entry
        except InvalidInput as error:
            yield Rejection(str(error), product, place, None, DOOR)


def read_product(product: Mapping[str, Any], region: str, instance_type: str) -> Entry | None:
    """One product of the price list as an entry; None where it has no hourly on-demand price.

    Raises:
        InvalidInput: the price is not in USD.
    """
    for term in (product.get("terms") or {}).get("OnDemand", {}).values():
        for dimension in term.get("priceDimensions", {}).values():
            if dimension.get("unit") != "Hrs":
                continue
            per_unit = dimension.get("pricePerUnit", {})
            if "USD" not in per_unit:
                raise InvalidInput(f"currency: the price is in {', '.join(per_unit) or 'nothing'}, not USD")
            if float(per_unit["USD"]) <= 0:
                return None
            at = parse_instant(term["effectiveDate"], field="effectiveDate")
            fact: Fact = {
                "type": price_list.PRICE_OBSERVED,
                "at": at,
                "region": region,
                "instance_type": instance_type,
                "purchase_option": PurchaseOption.ON_DEMAND.value,
                "usd_per_hour": float(per_unit["USD"]),
                "effective_at": at,
                "price_source": SOURCE,
            }
            raw = {**{name: value for name, value in fact.items() if not isinstance(value, datetime)}, "at": to_iso(at)}
            return Entry(SOURCE, content_id(raw), SourceKind.AWS, price_list.PRICE_OBSERVED, at, [fact], raw)
    return None
