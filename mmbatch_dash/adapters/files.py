"""Files of every importer's format as journal entries: which format a file has, and which adapter reads it.

Opens files for reading and touches nothing else.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, tzinfo
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from mmbatch_dash.adapters import batch_api, cloudevents, mmbatch, nextflow, price_list, spot_prices
from mmbatch_dash.adapters.documents import read_documents
from mmbatch_dash.adapters.opening import Opened, Progress, open_text
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

PEEK = 65536
_NONE: Mapping[str, str] = MappingProxyType({})


class Format(StrEnum):
    """What an importer reads (events.md section 4)."""

    EVENTS = "events"
    BATCH = "batch"
    NEXTFLOW = "nextflow"
    MMBATCH = "mmbatch"
    SPOT_PRICES = "spot-prices"
    PRICES = "prices"


# The first match decides: an event may hold anything in its data, so its own marks come first.
_JSON_MARKS = (
    (Format.EVENTS, r'"(specversion|detail-type)"\s*:'),
    (Format.SPOT_PRICES, r'"SpotPriceHistory"\s*:'),
    (Format.MMBATCH, r'"(batchJobIds|spotProtCount|nodeOid|lastHeartbeat|memoryInMB)"\s*:'),
    (Format.BATCH, r'"(jobSummaryList|jobs|jobId)"\s*:'),
)
_CSV_MARKS = ((Format.PRICES, "ondemand_usd_per_hour"), (Format.SPOT_PRICES, "SpotPrice"))


def guess_format(path: Path) -> Format:
    """The format a file shows in its first 64 KiB.

    Raises:
        InvalidInput: none that is known; the message names those that are.
    """
    with open_text(path) as opened:
        start = opened.peek(PEEK).decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    first_line = start.partition("\n")[0].rstrip("\r")
    if start[:1] in ("{", "["):
        guesses = [name for name, mark in _JSON_MARKS if re.search(mark, start)]
    elif "\t" in first_line:
        guesses = [Format.NEXTFLOW] if "status" in first_line.split("\t") else []
    else:
        guesses = [name for name, column in _CSV_MARKS if column in first_line.split(",")]
    if not guesses:
        raise InvalidInput(f"{path.name} is in no format that is known here; name one of {', '.join(Format)}")
    return guesses[0]


def read_file(
    path: Path,
    file_format: str,
    *,
    zone: tzinfo = UTC,
    purchase_options: Mapping[str, str] = _NONE,
    progress: Progress | None = None,
) -> Iterator[Entry | Rejection]:
    """The entries of a file in their order, and a Rejection with file, place and reason for what is refused in it.

    Args:
        path: a plain or gzip file.
        file_format: one of `Format`.
        zone: where times without a zone were written.
        purchase_options: see `eventbridge.read_envelope`.
        progress: told the bytes of the file on disk that have been read.

    Raises:
        InvalidInput: the format is unknown, or the whole file is not in it.
        OSError: the file cannot be read.
    """
    reader = _READERS.get(file_format)
    if reader is None:
        raise InvalidInput(f"{file_format!r} is no import format; name one of {', '.join(Format)}", field="format")
    with open_text(path, progress=progress) as opened:
        yield from reader(opened, path.name, zone, purchase_options)
        if opened.broken:
            yield Rejection(opened.broken, None, -1, None, file_format, path.name)


_Reader = Callable[[Opened, str, tzinfo, Mapping[str, str]], Iterator[Entry | Rejection]]


def _documents(opened: Opened, door: str, file: str) -> Iterator[Any]:
    return read_documents(opened.text(), door=door, file=file)


def _events(opened: Opened, file: str, _zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    door = Format.EVENTS.value
    if _is_ndjson(opened):
        yield from cloudevents.read_lines(opened.lines(), door=door, file=file)
        return
    for document in _documents(opened, door, file):
        if isinstance(document, Rejection):
            yield document
        else:
            events = document if isinstance(document, list) else [document]
            yield from cloudevents.read_batch(events, door=door, file=file)


def _is_ndjson(opened: Opened) -> bool:
    """Whether each line is an event: the first is one, or is a broken one and the second begins another."""
    lines = [line.strip() for line in opened.peek(PEEK).split(b"\n")]
    first, second = [*(line for line in lines if line), b"", b""][:2]
    if first.startswith(b"["):
        return False
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        # A single event may be longer than what was looked at; as a document it is read just as well.
        return second.startswith(b"{") or not first.startswith(b"{")
    return True


def _batch(opened: Opened, file: str, _zone: tzinfo, options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    documents = _documents(opened, batch_api.DOOR, file)
    return batch_api.read_answers(documents, file=file, purchase_options=options)


def _nextflow(opened: Opened, file: str, zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    return nextflow.read_lines(opened.text_lines(), zone=zone, file=file)


def _mmbatch(opened: Opened, file: str, zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    return mmbatch.read_answers(_documents(opened, mmbatch.DOOR, file), zone=zone, file=file)


def _spot_prices(opened: Opened, file: str, _zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    if opened.peek(PEEK).decode("utf-8", "replace").removeprefix("\ufeff").lstrip()[:1] in ("{", "["):
        return spot_prices.read_answers(_documents(opened, spot_prices.DOOR, file), file=file)
    return spot_prices.read_csv(opened.text_lines(), file=file)


def _prices(opened: Opened, file: str, _zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    return price_list.read_csv(opened.text_lines(), file=file)


_READERS: Mapping[str, _Reader] = {
    Format.EVENTS: _events,
    Format.BATCH: _batch,
    Format.NEXTFLOW: _nextflow,
    Format.MMBATCH: _mmbatch,
    Format.SPOT_PRICES: _spot_prices,
    Format.PRICES: _prices,
}
