"""One journal line: an entry with its facts, a rejection kept aside, or the word that one was settled."""

from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection
from mmbatch_dash.store.journal.checksum import seal
from mmbatch_dash.store.journal.deep_json import dump_deep

_LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_CANONICAL = orjson.OPT_SORT_KEYS
_from_bytes = int.from_bytes


class Record(NamedTuple):
    """A line ready to be appended.

    Attributes:
        identity: hash of (source, id) and who told it; 0 for a line that is no entry and is never a duplicate.
        digest: hash of the content, to tell a repeat from a conflict.
        line: the bytes, newline included.
        event: hash of (source, id) alone, by which it is known what another told before; 0 where nobody is named.
    """

    identity: int
    digest: int
    line: bytes
    event: int = 0


def entry_record(entry: Entry, received_at: datetime, by: str = "") -> Record:
    """The journal line of an accepted entry, with who told it: token:nightly, local:ana, address:10.0.0.7, sync.

    Raises:
        InvalidInput: the event cannot be written as JSON, as it is nested too deeply.
    """
    try:
        return _entry_record(entry, received_at, by, 0)
    except orjson.JSONEncodeError:
        pass
    try:
        # Keys that are no texts, as only importers have them, make every dump slower.
        return _entry_record(entry, received_at, by, orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"the event cannot be written as JSON: {error}; nest it less than 250 deep") from None


def recognition_key(identity: int, by: str) -> int:
    """What a repeat is recognised by on acceptance: what one teller says again, not what another says too.

    Both are kept, so that a teller whose word turns out worthless has not kept out somebody else's.
    """
    return (identity ^ _teller(by)) or 1 if by else identity


@lru_cache(maxsize=4096)
def _teller(by: str) -> int:
    return _hash64(by.encode("utf-8", "surrogatepass"))


def _entry_record(entry: Entry, received_at: datetime, by: str, option: int) -> Record:
    source, identifier, kind, event_type, at, facts, raw, content, _ = entry
    identity = _hash64(f"{source}\x00{identifier}".encode("utf-8", "surrogatepass"))
    digest = _hash64(orjson.dumps(raw if content is None else content, option=_CANONICAL | option))
    line = orjson.dumps(
        {
            "received_at": received_at,
            "kind": kind.value,
            "source": source,
            "id": identifier,
            "identity": identity,
            "digest": digest,
            "type": event_type,
            "time": at,
            "by": by,
            "facts": facts,
            "raw": raw,
        },
        option=_LINE | option,
    )
    return Record(recognition_key(identity, by), digest, seal(line), identity if by else 0)


def rejection_record(rejection: Rejection, received_at: datetime, by: str = "") -> Record:
    """The journal line of something kept aside and who told it; its id hashes what was refused, so a repeat is one."""
    raw = _text(rejection.raw)
    key = f"{rejection.door}\x00{rejection.file}\x00{rejection.index if rejection.file else ''}\x00{raw}"
    reject_id = f"{_hash64(key.encode('utf-8', 'surrogatepass')):016x}"
    reject = {
        "reject_id": reject_id,
        "error": rejection.error,
        "place": rejection.index,
        "event_id": rejection.id,
        "door": rejection.door,
        "file": rejection.file,
        "raw": raw,
        "options": dict(rejection.options),
    }
    line = {"received_at": received_at, "by": by, "reject": reject}
    return Record(0, 0, seal(orjson.dumps(line, option=_LINE | orjson.OPT_NON_STR_KEYS)))


def settled_record(reject_id: str, outcome: str, received_at: datetime) -> Record:
    """The journal line that takes a rejection off the list: it was retried and entered, or was dismissed."""
    settled = {"reject_id": reject_id, "outcome": outcome}
    return Record(0, 0, seal(orjson.dumps({"received_at": received_at, "settled": settled}, option=_LINE)))


def _hash64(content: bytes) -> int:
    return _from_bytes(blake2b(content, digest_size=8).digest(), "big") or 1


def _text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    try:
        return orjson.dumps(_plain(raw)).decode()
    except orjson.JSONEncodeError:
        return dump_deep(raw)


def _plain(value: Any) -> Any:
    return value if isinstance(value, dict | list | str | int | float | bool | None) else str(value)
