"""Which importer's format a text is in, by how it begins."""

import re
from enum import StrEnum

from mmbatch_dash.adapters.tables import separator_of
from mmbatch_dash.adapters.wrappings import without_log_time
from mmbatch_dash.domain.errors import InvalidInput


class Format(StrEnum):
    """What an importer reads."""

    EVENTS = "events"
    BATCH = "batch"
    NEXTFLOW = "nextflow"
    MMBATCH = "mmbatch"
    SPOT_PRICES = "spot-prices"
    PRICES = "prices"


# The first match decides: an event may hold anything in its data, so its own marks come first. Inside messages of
# other services they are escaped, or packed with nothing to see but the message around them.
_JSON_MARKS = (
    (Format.EVENTS, r'"(specversion|detail-type)\\*"\s*:'),
    (Format.EVENTS, r'"(awslogs|logEvents|recordId|kinesis|Sns|ReceiptHandle|receiptHandle)"\s*:'),
    (Format.EVENTS, r'"(Records|Messages)"\s*:\s*\['),
    (Format.EVENTS, r'"records"\s*:\s*\[\s*\{\s*"data"\s*:'),
    (Format.EVENTS, r'"Type"\s*:\s*"Notification"'),
    (Format.SPOT_PRICES, r'"(SpotPriceHistory|SpotPrice)"\s*:'),
    (Format.MMBATCH, r'"(batchJobIds|spotProtCount|nodeOid|lastHeartbeat|memoryInMB)"\s*:'),
    (Format.BATCH, r'"(jobSummaryList|jobs|[jJ]obId|eksAttempts|[aA]ttempts)\\*"\s*:'),
)
_TABLE_MARKS = (
    (Format.NEXTFLOW, ("status", "native_id")),
    (Format.NEXTFLOW, ("status", "hash")),
    (Format.PRICES, ("ondemand_usd_per_hour",)),
    (Format.SPOT_PRICES, ("SpotPrice",)),
)


def guess(start: str, name: str) -> Format:
    """The format of a text.

    Args:
        start: how it begins.
        name: of the file, for the error.

    Raises:
        InvalidInput: none that is known; the message names those that are.
    """
    start = without_log_time(start.lstrip())
    if start[:1] in ("{", "["):
        guesses = [found for found, mark in _JSON_MARKS if re.search(mark, start)]
    else:
        header = start.partition("\n")[0]
        guesses = [found for found, columns in _TABLE_MARKS if separator_of(header, columns)]
    if not guesses:
        raise InvalidInput(f"{name} is in no format that is known here; name one of {', '.join(Format)}")
    return guesses[0]
