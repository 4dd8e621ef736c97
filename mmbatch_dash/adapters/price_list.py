"""On-demand price lists as CSV (`generated_at,region,instance_type,ondemand_usd_per_hour`) as journal entries.

A price of 0 or none is how such lists say that they do not know; it is refused, because a known price of 0 would make
work look free. Regions of the China partition are priced in CNY whatever the column is called, and are refused too.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmbatch_dash.adapters.csv_rows import read_rows
from mmbatch_dash.adapters.reading import Unreadable, content_id, required_text, usd_per_hour
from mmbatch_dash.domain.choices import PurchaseOption, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Fact, Place, Rejection
from mmbatch_dash.domain.instants import parse_instant

DOOR = "prices"
SOURCE = "price-list/on-demand"
PRICE_OBSERVED = "mmbatch.price.observed"
COLUMNS = ("generated_at", "region", "instance_type", "ondemand_usd_per_hour")


def read_csv(lines: Iterable[str], *, file: str | None = None) -> Iterator[Entry | Rejection]:
    """One entry a line under the header; refused lines are Rejections with their line number.

    Raises:
        InvalidInput: the header lacks a column.
    """
    for number, row in read_rows(lines, COLUMNS):
        place = Place(number, DOOR, file)
        if isinstance(row, Unreadable):
            yield Rejection(row.error, row.raw, number, None, DOOR, file)
            continue
        try:
            yield read_row(row)._replace(place=place)
        except InvalidInput as error:
            yield Rejection(str(error), row, number, None, DOOR, file)


def read_row(row: Any) -> Entry:
    """One on-demand price as an entry, in force from when the list was made.

    Raises:
        InvalidInput: the price is not known, not in USD, or a field is wrong.
    """
    if not isinstance(row, Mapping):
        raise InvalidInput("a price is a row of a table")
    region = required_text(row, "region")
    if region.startswith("cn-"):
        raise InvalidInput(f"currency: prices of {region} are in CNY, not USD; convert them first", field="region")
    at = parse_instant(required_text(row, "generated_at"), field="generated_at")
    fact: Fact = {
        "type": PRICE_OBSERVED,
        "at": at,
        "region": region,
        "instance_type": required_text(row, "instance_type"),
        "purchase_option": PurchaseOption.ON_DEMAND.value,
        "usd_per_hour": usd_per_hour(required_text(row, "ondemand_usd_per_hour"), field="ondemand_usd_per_hour"),
        "effective_at": at,
        "price_source": SOURCE,
    }
    return Entry(SOURCE, content_id(row), SourceKind.AWS, PRICE_OBSERVED, at, [fact], row)
