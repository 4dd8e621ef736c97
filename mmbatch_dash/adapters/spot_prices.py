"""Spot price history, as DescribeSpotPriceHistory answers it or as CSV with the same columns, as journal entries.

Only `Linux/UNIX` rows are facts (docs/definitions.md section 2); rows of other products are entries without facts, so
that they are counted and the file can be checked against what it held.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmbatch_dash.adapters.csv_rows import read_rows
from mmbatch_dash.adapters.reading import Unreadable, content_id, required_text, usd_per_hour
from mmbatch_dash.domain.choices import PurchaseOption, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import COUNTED, Entry, Fact, Place, Rejection
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.domain.zones import check_zone_name

DOOR = "spot-prices"
SOURCE = "aws.ec2/spot-price-history"
PRICE_OBSERVED = "mmbatch.price.observed"
# EC2 appends the VPC to the product of accounts that also had EC2-Classic; the price is the same.
LINUX = frozenset({"Linux/UNIX", "Linux/UNIX (Amazon VPC)"})
COLUMNS = ("AvailabilityZone", "InstanceType", "ProductDescription", "SpotPrice", "Timestamp")


def read_answers(documents: Iterable[Any], *, file: str | None = None) -> Iterator[Entry | Rejection]:
    """One entry a row of all `{"SpotPriceHistory": […]}` answers; bad rows are Rejections, counted from 1.

    Raises:
        InvalidInput: a document is no such answer.
    """
    place = 0
    for document in documents:
        if isinstance(document, Rejection):
            yield document
            continue
        for answer in document if isinstance(document, list) else [document]:
            rows = answer.get("SpotPriceHistory") if isinstance(answer, Mapping) else None
            # With --query, the rows stand alone.
            if rows is None and isinstance(answer, Mapping) and "SpotPrice" in answer:
                rows = [answer]
            if not isinstance(rows, list):
                raise InvalidInput('no spot price history found; expected {"SpotPriceHistory": […]}')
            for row in rows:
                place += 1
                yield _read_or_refuse(row, Place(place, DOOR, file, COUNTED))


def read_csv(lines: Iterable[str], *, file: str | None = None) -> Iterator[Entry | Rejection]:
    """One entry a line under the header; bad lines are Rejections with their line number.

    Raises:
        InvalidInput: the header lacks a column.
    """
    for number, row in read_rows(lines, COLUMNS):
        yield _read_or_refuse(row, Place(number, DOOR, file))


def read_row(row: Any) -> Entry:
    """One observed price as an entry; with a fact where it is a Linux price.

    Raises:
        InvalidInput: a field is missing or wrong.
    """
    if not isinstance(row, Mapping):
        raise InvalidInput(f"a price is a JSON object, not {row!r:.80}")
    zone = check_zone_name(required_text(row, "AvailabilityZone"), field="AvailabilityZone")
    instance_type = required_text(row, "InstanceType")
    product = required_text(row, "ProductDescription")
    at = parse_instant(required_text(row, "Timestamp"), field="Timestamp")
    fact: Fact = {
        "type": PRICE_OBSERVED,
        "at": at,
        "region": zone.rstrip("abcdefghijklmnopqrstuvwxyz"),
        "availability_zone": zone,
        "instance_type": instance_type,
        "purchase_option": PurchaseOption.SPOT.value,
        "usd_per_hour": usd_per_hour(row.get("SpotPrice"), field="SpotPrice"),
        "effective_at": at,
        "price_source": SOURCE,
    }
    facts = [fact] if product in LINUX else []
    return Entry(SOURCE, content_id(row), SourceKind.AWS, PRICE_OBSERVED, at, facts, row)


def _read_or_refuse(row: Any, place: Place) -> Entry | Rejection:
    if isinstance(row, Unreadable):
        return Rejection(row.error, row.raw, place.number, None, *place[1:])
    try:
        return read_row(row)._replace(place=place)
    except InvalidInput as error:
        return Rejection(str(error), row, place.number, None, *place[1:])
