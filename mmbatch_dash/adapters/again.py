"""What was kept aside, read again: by the adapter of the door it came through, as after an upgrade that understands it.

A refusal keeps what it refused, and with it what the adapter has to know besides (the header of a trace, a time zone).
"""

from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

import orjson

from mmbatch_dash.adapters import batch_api, cloudevents, mmbatch, nextflow, nextflow_weblog, price_list, spot_prices
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

Options = Mapping[str, str]
_EVENT_DOORS = ("http", "events", "sqs")


def read_again(door: str, raw: str | None, options: Options) -> list[Entry]:
    """The entries of something that was kept aside, with its text as it was kept.

    Raises:
        InvalidInput: it still breaks a rule, or the text is not there or not whole.
    """
    if raw is None:
        raise InvalidInput("nothing was kept of it; import the file again")
    reader = _events if door in _EVENT_DOORS else _READERS.get(door)
    if reader is None:
        raise InvalidInput(f"came through {door}, which cannot be read again; send it anew")
    entries = []
    for item in reader(raw, options):
        if isinstance(item, Rejection):
            raise InvalidInput(item.error)
        entries.append(item)
    if not entries:
        raise InvalidInput("there is nothing in it")
    return entries


def _events(raw: str, _options: Options) -> Iterable[Entry | Rejection]:
    return cloudevents.read_lines([raw.encode()])


def _batch(raw: str, _options: Options) -> Iterable[Entry | Rejection]:
    return [batch_api.read_record(_json(raw))]


def _nextflow(raw: str, options: Options) -> Iterable[Entry | Rejection]:
    if "header" not in options:
        raise InvalidInput("its header was not kept; import the trace again")
    zone = ZoneInfo(options.get("timezone", "UTC"))
    return nextflow.read_lines([options["header"], raw], zone=zone)


def _weblog(raw: str, _options: Options) -> Iterable[Entry | Rejection]:
    return [nextflow_weblog.read_message(_json(raw))]


def _mmbatch(raw: str, options: Options) -> Iterable[Entry | Rejection]:
    return mmbatch.read_answers([[_json(raw)]], zone=ZoneInfo(options.get("timezone", "UTC")))


def _spot_prices(raw: str, _options: Options) -> Iterable[Entry | Rejection]:
    return [spot_prices.read_row(_json(raw))]


def _prices(raw: str, _options: Options) -> Iterable[Entry | Rejection]:
    return [price_list.read_row(_json(raw))]


def _json(raw: str) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"is not JSON: {error.msg}; correct the file and import it again") from None


_READERS: Mapping[str, Callable[[str, Options], Iterable[Entry | Rejection]]] = {
    batch_api.DOOR: _batch,
    "aws": _batch,
    nextflow.DOOR: _nextflow,
    nextflow_weblog.DOOR: _weblog,
    mmbatch.DOOR: _mmbatch,
    spot_prices.DOOR: _spot_prices,
    price_list.DOOR: _prices,
}
