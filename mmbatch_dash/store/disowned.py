"""The list of what is disowned, in the data directory: read when tables are opened, which it decides about."""

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import orjson

from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.instants import parse_instant, to_iso

FILE = "disowned.json"


def read_disowned(data_dir: Path) -> tuple[Disowned, ...]:
    """What is disowned, in the order it was.

    Raises:
        StoreUnavailable: the list is damaged; it is never taken for an empty one.
    """
    path = data_dir / FILE
    try:
        return tuple(_read(told) for told in orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreUnavailable(f"{path} cannot be read: {error}. Restore it from a backup, or remove it.") from None


def write_disowned(data_dir: Path, disowned: Sequence[Disowned]) -> None:
    """Puts a list in the place of the one before, durably."""
    path = data_dir / FILE
    told = [
        {
            "teller": each.teller,
            "source": each.source,
            "since": to_iso(each.since) if each.since else None,
            "until": to_iso(each.until) if each.until else None,
        }
        for each in disowned
    ]
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def mark_of(disowned: Sequence[Disowned]) -> str:
    """What tells tables made without some entries from those made without others; empty where nothing is left out."""
    told = sorted(map(repr, disowned))
    return f"-{blake2b(repr(told).encode(), digest_size=8).hexdigest()}" if told else ""


def _read(told: dict[str, str | None]) -> Disowned:
    since, until = told["since"], told["until"]
    return Disowned(
        told["teller"],
        told["source"],
        parse_instant(since) if since else None,
        parse_instant(until) if until else None,
    )
