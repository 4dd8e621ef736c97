"""Files of every importer's format as journal entries: which format a file has, and which adapter reads it.

Opens files for reading and touches nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mmbatch_dash.adapters import batch_api, cloudevents, mmbatch, nextflow, price_list, spot_prices
from mmbatch_dash.adapters.documents import Broken, Found, broken_rest, read_documents, split_documents
from mmbatch_dash.adapters.guessing import Format, guess
from mmbatch_dash.adapters.opening import Opened, Progress, open_text
from mmbatch_dash.adapters.wrappings import without_log_time
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Place, Rejection

PEEK = 65536
_NONE: Mapping[str, str] = MappingProxyType({})


def guess_format(path: Path) -> Format:
    """The format a file shows in its first 64 KiB.

    Raises:
        InvalidInput: none that is known; the message names those that are.
    """
    with open_text(path) as opened:
        return guess(opened.peek(PEEK).decode("utf-8", "replace"), path.name)


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
        yield from cloudevents.read_file_lines(opened.lines(), door=door, file=file)
        return
    for found in split_documents(opened.text(), into_lists=True):
        if isinstance(found, Broken):
            yield broken_rest(found, door=door, file=file)
        else:
            yield from cloudevents.read_document(found.value, Place(found.line, door, file))


def _is_ndjson(opened: Opened) -> bool:
    """Whether each line holds events: the first does, or is a broken one and the second begins another."""
    lines = [line.strip() for line in opened.peek(PEEK).split(b"\n")]
    first, second = [*(line for line in lines if line), b"", b""][:2]
    if first.startswith(b"["):
        return False
    text = without_log_time(first.decode("utf-8", "replace"))
    if any(isinstance(found, Found) for found in split_documents(text)):
        return True
    # A single event may be longer than what was looked at; as a document it is read just as well.
    return second.startswith(b"{") or not first.startswith(b"{")


def _batch(opened: Opened, file: str, _zone: tzinfo, options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    documents = _documents(opened, batch_api.DOOR, file)
    return batch_api.read_answers(documents, file=file, purchase_options=options)


def _nextflow(opened: Opened, file: str, zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    return nextflow.read_lines(opened.text_lines(), zone=zone, file=file)


def _mmbatch(opened: Opened, file: str, zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    return mmbatch.read_answers(_documents(opened, mmbatch.DOOR, file), zone=zone, file=file)


def _spot_prices(opened: Opened, file: str, _zone: tzinfo, _options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    if opened.peek(PEEK).lstrip()[:1] in (b"{", b"["):
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
