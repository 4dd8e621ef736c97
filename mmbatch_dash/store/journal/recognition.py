"""Recognising repeats across restarts: the identity window, kept beside each closed segment as a small file."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import orjson

from mmbatch_dash.store.journal.records import recognition_key
from mmbatch_dash.store.journal.segments import Segments
from mmbatch_dash.store.journal.window import WINDOW, Hashes, IdentityWindow

SIDECAR = ".ids.npz"


class Recognition:
    """Identities of the last day, read back at start and extended by the journal's writer."""

    def __init__(self, segments: Segments, now: datetime) -> None:
        """Reads back the segments that can hold entries of the last day, the newest first."""
        self._segments = segments
        self._window = IdentityWindow()
        self._open_identities: dict[int, int] = {}
        self._open_since = now
        self._load(now)

    def digests_of(self, identities: list[int]) -> dict[int, int]:
        """Identity → digest of those that are known."""
        return self._window.digests_of(identities)

    def remember(self, seen: dict[int, int], now: datetime) -> None:
        """Adds what was just written to the open segment."""
        self._window.add(seen, now)
        self._open_identities.update(seen)

    def close_segment(self, start: int, now: datetime) -> None:
        """Writes the identities of a closed segment beside it; losing that file costs only time at start."""
        _write_sidecar(self._segments.sidecar(start, SIDECAR), self._open_identities, self._open_since, now)
        self._open_identities, self._open_since = {}, now

    def _load(self, now: datetime) -> None:
        *closed, open_start = self._segments.starts
        recent: list[tuple[Hashes, Hashes, datetime, datetime]] = []
        for start in reversed(closed):
            run = _read_sidecar(self._segments.sidecar(start, SIDECAR))
            if run is None:
                identities, since, until = self._scan(start, now)
                with suppress(OSError):  # a full disk must not keep the server from starting
                    _write_sidecar(self._segments.sidecar(start, SIDECAR), identities, since, until)
                run = (*_arrays(identities), since, until)
            recent.append(run)
            if now - run[3] >= WINDOW:
                break
        for run in reversed(recent):
            self._window.add_run(*run)
        self._open_identities, self._open_since, until = self._scan(open_start, now)
        if self._open_identities:
            self._window.add_run(*_arrays(self._open_identities), self._open_since, until)

    def _scan(self, start: int, now: datetime) -> tuple[dict[int, int], datetime, datetime]:
        identities: dict[int, int] = {}
        since = until = None
        data = self._segments.read(start, 0, self._segments.span_length(start))
        for line in data.splitlines():
            try:
                record = orjson.loads(line)
                received_at = datetime.fromisoformat(record["received_at"])
                if "identity" in record:
                    key = recognition_key(record["identity"], record.get("by", ""))
                    identities.setdefault(key, record["digest"])
                    identities.setdefault(record["identity"], record["digest"])
            except (ValueError, TypeError, KeyError):  # a damaged disk must not keep the server from starting
                continue
            since = min(since or received_at, received_at)
            until = max(until or received_at, received_at)
        return identities, since or now, until or now


def _arrays(identities: dict[int, int]) -> tuple[Hashes, Hashes]:
    count = len(identities)
    return np.fromiter(identities.keys(), np.uint64, count), np.fromiter(identities.values(), np.uint64, count)


def _write_sidecar(path: Path, identities: dict[int, int], since: datetime, until: datetime) -> None:
    keys, digests = _arrays(identities)
    span = np.array([since.timestamp(), until.timestamp()])
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(file, identities=keys, digests=digests, span=span)
    temporary.replace(path)


def _read_sidecar(path: Path) -> tuple[Hashes, Hashes, datetime, datetime] | None:
    try:
        with path.open("rb") as file, np.load(file) as stored:
            since, until = (datetime.fromtimestamp(float(second), UTC) for second in stored["span"])
            return stored["identities"], stored["digests"], since, until
    except (OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, BadZipFile):
        return None  # whatever is wrong with it, it can be made again
