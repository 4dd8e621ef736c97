"""Segments without their originals: the fold gives the same, whatever the moment of a crash."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.domain.disowning import Disowned
from mmbatch_dash.services.check import check_data
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.journal import keeper as keeper_module
from mmbatch_dash.store.journal.keeper import Keeper, look_mark
from mmbatch_dash.store.journal.manifest import STRIPPED, Manifest
from mmbatch_dash.store.journal.records import entry_record
from mmbatch_dash.store.journal.stripping import strip_line
from mmbatch_dash.store.journal.verify import verify_journal
from mmbatch_dash.store.lock import hold
from tests.endurance.story import job_events
from tests.store.test_thinning import fill, mixed
from tests.store.world import NOW, World

BAD = {"specversion": "1.0", "id": "bad", "source": "s", "type": "mmbatch.job.started", "data": {}}


def keeper_of(world: World, since: datetime | None = NOW + timedelta(seconds=1)) -> Keeper:
    return Keeper(world.journal, lambda: world.journal.end, lambda: since)


def closed_world(build_world: Callable[..., World], **options: Any) -> World:
    world = build_world(segment_bytes=80_000, **options)
    fill(world, [*mixed(2), BAD])
    assert keeper_of(world).close_segments() > 1
    return world


def lines_of(world: World) -> list[bytes]:
    """Every line, segment by segment."""
    pieces, position = [], 0
    while (stretch := world.journal.read(position, 1 << 20)).end > position:
        pieces.append(stretch.data)
        position = stretch.end
    return b"".join(pieces).splitlines(keepends=True)


def packed_bytes(world: World) -> int:
    return sum(path.stat().st_size for path in (world.folder / "journal").glob("*.zst"))


def test_the_fold_is_the_same_and_only_originals_are_gone(build_world: Callable[..., World]) -> None:
    full, world = closed_world(build_world), closed_world(build_world)
    assert keeper_of(world).strip_segments() == len(world.journal.manifest.all()) > 1
    assert keeper_of(world).strip_segments() == 0
    assert packed_bytes(world) < 0.85 * packed_bytes(full)
    ours, theirs = lines_of(world), lines_of(full)
    assert [len(line) for line in ours] == [len(line) for line in theirs]
    gone = 0
    for stripped, line in zip(ours, theirs, strict=True):
        if stripped != line:
            told = orjson.loads(line)
            gone += told.pop("raw") is not None
            assert orjson.loads(stripped) == {**told, "crc": orjson.loads(stripped)["crc"]}
        else:
            assert not line.strip() or b'"reject"' in line or len(ours) - ours.index(stripped) < 200
    assert gone > 100
    full.fold.fold_all()
    world.fold.fold_all()
    assert world.tables() == full.tables()
    assert world.rows("SELECT raw IS NOT NULL FROM rejects") == [(True,)]
    assert verify_journal(world.folder / "journal").damage == ()


def test_what_one_teller_said_can_be_left_out_of_a_stripped_journal_too(build_world: Callable[..., World]) -> None:
    disowned = (Disowned("token:1", None, None, None),)
    worlds = [closed_world(build_world, disowned=disowned) for _ in range(2)]
    assert keeper_of(worlds[1]).strip_segments() > 0
    for world in worlds:
        world.fold.fold_all()
    assert worlds[0].tables() == worlds[1].tables()


def test_what_is_young_or_not_folded_or_to_be_kept_stays_as_it_came(build_world: Callable[..., World]) -> None:
    world = closed_world(build_world)
    before = lines_of(world)
    for keeper in (
        keeper_of(world, None),
        keeper_of(world, NOW),
        Keeper(world.journal, lambda: 0, lambda: NOW + timedelta(seconds=1)),
    ):
        assert keeper.strip_segments() == 0
    assert lines_of(world) == before


@pytest.mark.parametrize("step", ["written", "announced", "replaced"])
def test_whatever_step_it_dies_at_the_journal_is_whole_and_the_next_look_goes_on(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world = closed_world(build_world)
    folder = world.folder / "journal"

    def die(*_: object) -> None:
        raise OSError(28, "the plug was pulled")

    with monkeypatch.context() as dying:
        if step == "announced":
            dying.setattr(Path, "replace", die)
        else:
            add, calls = Manifest.add, [0]

            def add_until(self: Manifest, closed: Any) -> None:
                calls[0] += 1
                if calls[0] == (1 if step == "written" else 2):
                    die()
                add(self, closed)

            dying.setattr(Manifest, "add", add_until)
        with pytest.raises(OSError, match="plug"):
            keeper_of(world).strip_segments()
    assert verify_journal(folder).damage == ()
    world.journal.manifest = Manifest(folder)  # as the next process reads it
    assert keeper_of(world).strip_segments() > 1
    assert all(closed.generation == STRIPPED and not closed.becomes for closed in Manifest(folder).all())
    assert verify_journal(folder).damage == ()
    other = closed_world(build_world)
    assert keeper_of(other).strip_segments() > 1
    assert lines_of(world) == lines_of(other)


def test_a_segment_damaged_since_it_was_listed_is_left_for_its_damage_to_be_told(
    build_world: Callable[..., World],
) -> None:
    world = closed_world(build_world)
    first = world.journal.shelf.packed(0)
    data = bytearray(first.read_bytes())
    data[len(data) // 3] ^= 0xFF
    first.write_bytes(data)
    assert keeper_of(world).strip_segments() == len(world.journal.manifest.all()) - 1
    assert first.read_bytes() == bytes(data)
    assert verify_journal(world.folder / "journal").damage != ()


def test_a_check_beside_a_server_has_it_look_at_once_and_hear_of_the_damage(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(keeper_module, "SCRUB_PAUSE_SECONDS", 0.0)
    world = closed_world(build_world)
    keeper = keeper_of(world, None)
    keeper.start()
    try:
        time.sleep(0.5)  # past its first look
        first = world.journal.shelf.packed(0)
        data = bytearray(first.read_bytes())
        data[len(data) // 3] ^= 0xFF
        first.write_bytes(data)
        with hold(world.folder):  # as a running server does
            settings = build_settings(world.folder, environ={})
            assert check_data(settings).problems != []
        deadline = time.monotonic() + 20
        while not world.journal.damage.count:
            assert time.monotonic() < deadline, "the keeper did not look"
            time.sleep(0.05)
    finally:
        keeper.stop()
    assert not look_mark(world.folder / "journal").exists()


def test_a_line_is_only_touched_where_all_else_it_says_stays() -> None:

    for number, entry in enumerate(read_batch(job_events(random.Random(1), 1, "one"))):
        line = entry_record(entry, NOW, "token:a").line
        stripped = strip_line(line)
        assert len(stripped) == len(line)
        assert ("raw" in orjson.loads(line), "raw" in orjson.loads(stripped)) == (True, False), number
        assert strip_line(stripped) == stripped
    assert strip_line(b'{"reject":{"raw":"],\\"raw\\":{}"},"crc":"00000000"}\n').startswith(b'{"reject":{"raw":"]')
