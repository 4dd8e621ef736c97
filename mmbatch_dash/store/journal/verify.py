"""Looking at a whole journal without changing it: what of it is damaged, and how much there is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mmbatch_dash.store.journal.damage import Damage, DamageBook
from mmbatch_dash.store.journal.format import AcknowledgedNote, read_format
from mmbatch_dash.store.journal.manifest import Closed, Manifest
from mmbatch_dash.store.journal.reading import Reader
from mmbatch_dash.store.journal.shelf import Shelf

READ_BYTES = 8 * 1024 * 1024
DIGEST_DIFFERS = "its digest is not the one in the manifest"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at a journal found.

    Attributes:
        end: position of its end.
        segments: how many there are.
        listed: how many of them the manifest knows by digest.
        unverified_bytes: how much of it version 0.1 wrote, without checksums.
        damage: every place that cannot be read, in order; the first thousand.
        more: how many places there are beyond those.
    """

    end: int
    segments: int
    listed: int
    unverified_bytes: int
    damage: tuple[Damage, ...]
    more: int


def verify_journal(folder: Path, progress: Callable[[int, int], None] = lambda done, end: None) -> Verified:
    """Reads all of a journal, of a running server or a stopped one.

    Args:
        folder: of the journal.
        progress: told bytes looked at, and in all.

    Raises:
        StoreUnavailable: a newer program wrote it.
        OSError: it cannot be read at all.
    """
    form = read_format(folder)
    shelf = Shelf(folder)
    # What lies behind the last acknowledged byte is not yet, or was never, part of it.
    shelf.end = max(AcknowledgedNote(folder).read(), Manifest(folder).end) or shelf.whole_lines()
    # A folder without the note was written by version 0.1, whose lines have no checksums.
    sealed_from = form.sealed_from if form else shelf.end
    book = DamageBook(None)
    spans = shelf.spans() or ([(0, shelf.end)] if shelf.end else [])
    if spans and spans[0][0] > 0:
        spans.insert(0, (0, spans[0][0]))
    manifest, listed = Manifest(folder), 0
    for start, stop in spans:
        found = _verify_span(shelf, manifest.get(start), start, stop, sealed_from)
        if found and (closed := Manifest(folder).get(start)) != manifest.get(start):
            # A running server has compressed or thinned it meanwhile.
            found = _verify_span(shelf, closed, start, stop, sealed_from)
        listed += manifest.get(start) is not None
        for damage in found:
            book.note(damage)
        progress(stop, shelf.end)
    unverified = min(sealed_from, shelf.end)
    return Verified(shelf.end, len(shelf.starts), listed, unverified, book.places, book.count - len(book.places))


def _verify_span(shelf: Shelf, closed: Closed | None, start: int, stop: int, sealed_from: int) -> list[Damage]:
    if closed is None:
        return list(_read_span(shelf, start, stop, sealed_from))
    return [*verify_segment(shelf, closed, sealed_from), *_read_span(shelf, closed.end, stop, sealed_from)]


def verify_segment(shelf: Shelf, closed: Closed, sealed_from: int) -> Iterator[Damage]:
    """What of a closed segment is damaged; nothing where its digest is that of the manifest."""
    if _has_digest(shelf, closed):
        return
    nothing = True
    for damage in _read_span(shelf, closed.start, closed.end, sealed_from):
        nothing = False
        yield damage
    if nothing:
        yield Damage(shelf.name(closed.start), closed.start, closed.length, None, DIGEST_DIFFERS)


def _has_digest(shelf: Shelf, closed: Closed) -> bool:
    made, read = sha256(), 0
    while read < closed.length:
        piece = shelf.read(closed.start, read, min(READ_BYTES, closed.length - read))
        if not piece:
            return False
        made.update(piece)
        read += len(piece)
    return closed.is_digest(made.hexdigest())


def _read_span(shelf: Shelf, start: int, stop: int, sealed_from: int) -> tuple[Damage, ...]:
    book = DamageBook(None)
    reader = Reader(shelf, book, sealed_from)
    position = start
    while position < stop and (end := reader.read(position, READ_BYTES).end) > position:
        position = end
    return tuple(damage for damage in book.places if start <= damage.position < stop)
