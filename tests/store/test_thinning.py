"""Thinned heartbeats: the fold gives the same, and every other line is untouched."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.store.journal.keeper import Keeper
from mmbatch_dash.store.journal.records import entry_record
from mmbatch_dash.store.journal.thinning import HEARTBEAT, Blanked, find_superfluous
from mmbatch_dash.store.journal.verify import verify_journal
from tests.effort import effort
from tests.endurance.story import job_events
from tests.store.world import NOW, World

BEGAN = datetime(2026, 3, 1, 20, tzinfo=UTC)


def beats(seed: int, count: int, nodes: int = 3) -> list[dict[str, Any]]:
    """Heartbeats of nodes over two days that now and then say more, or something else, of themselves."""
    chance = random.Random(seed)
    events = []
    for number in range(count):
        node = chance.randrange(nodes)
        data: dict[str, Any] = {"node_id": f"node-{node}", "instance_id": f"i-{node}"}
        if chance.random() < 0.7:
            data["instance_type"] = chance.choice(["m5.large", "m5.large", "c5.large"])
        if chance.random() < 0.3:
            data["availability_zone"] = f"us-east-1{chance.choice('ab')}"
        if chance.random() < 0.02:
            data["engine_version"] = f"1.{number}"
        if chance.random() < 0.5:
            data["job_ids"] = [f"one/job-{chance.randrange(5)}"]
        events.append(
            {
                "specversion": "1.0",
                "id": f"beat-{number}",
                "source": chance.choice(["nodes", "nodes", "others"]),
                "type": HEARTBEAT,
                "time": (BEGAN + timedelta(minutes=7 * number, seconds=chance.randrange(60))).isoformat(),
                "data": data,
            }
        )
    return events


def mixed(seed: int) -> list[dict[str, Any]]:
    """Heartbeats with jobs among them, and nodes that register and stop."""
    chance = random.Random(seed)
    events = beats(seed, 300)
    for number in range(5):
        events += job_events(chance, number, "one")
    for kind in ("registered", "stopped"):
        events.append({**events[0], "id": kind, "type": f"mmbatch.node.{kind}", "time": "2026-03-02T05:00:00Z"})
    chance.shuffle(events)
    return events


def fill(world: World, events: list[dict[str, Any]]) -> None:
    """Takes the events in by two tellers, and closes their segment."""
    for begin in range(0, len(events), 20):
        world.intake.take(read_batch(events[begin : begin + 20]), f"token:{begin // 20 % 2}")
    world.journal.append([])


@pytest.mark.parametrize("seed", range(effort(3, 1)))
def test_the_fold_of_thinned_heartbeats_is_the_fold_of_all(build_world: Callable[..., World], seed: int) -> None:
    events = mixed(seed)
    full, thinned = build_world(segment_bytes=60_000), build_world(segment_bytes=60_000)
    fill(full, events)
    fill(thinned, events)
    assert Keeper(thinned.journal, lambda: thinned.journal.end).close_segments() > 1
    assert any(closed.generation == 1 for closed in thinned.journal.manifest.all())
    full.fold.fold_all()
    thinned.fold.fold_all()
    assert thinned.tables() == full.tables()
    assert verify_journal(thinned.folder / "journal").damage == ()


def test_a_day_of_one_nodes_heartbeats_becomes_a_few_lines_and_its_segment_next_to_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, segment_bytes=400_000)
    said = {"node_id": "node-1", "instance_id": "i-1", "instance_type": "m5.large", "job_ids": ["a"]}
    day = [
        {
            "specversion": "1.0",
            "id": str(number),
            "source": "nodes",
            "type": HEARTBEAT,
            "time": (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=30 * number)).isoformat(),
            "data": said,
        }
        for number in range(1000)
    ]
    world.intake.take(read_batch(day), "token:node")
    world.journal.append([])
    end = world.journal.end
    assert Keeper(world.journal, lambda: end).close_segments() == 1
    [packed] = (tmp_path / "journal").glob("*.zst")
    assert packed.stat().st_size < 4_000 < 400_000 < end
    stretch = world.journal.read(0, end)
    left = [orjson.loads(line)["id"] for line in stretch.data.splitlines() if line.strip()]
    assert (left, stretch.end) == (["0", "999"], end)
    world.close()


@settings(max_examples=effort(30, 10), deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 5_000))
def test_only_heartbeats_are_blanked_each_line_keeps_its_place_and_again_nothing_changes(
    seed: int, count: int, piece: int
) -> None:
    chance = random.Random(seed)
    events = [*beats(seed, count), *job_events(chance, 1, "one")]
    chance.shuffle(events)
    lines = [entry_record(entry, NOW, "token:a").line for entry in read_batch(events)]
    data = b"".join(lines)
    spans = find_superfluous(lines)
    thinned = blanked(data, spans, piece)
    assert len(thinned) == len(data)
    for line, after in zip(lines, thinned.splitlines(keepends=True), strict=True):
        assert after == line or (not after.strip() and orjson.loads(line)["type"] == HEARTBEAT)
    assert find_superfluous(thinned.splitlines(keepends=True)) == []


def blanked(data: bytes, spans: list[tuple[int, int]], piece: int) -> bytes:
    """The data read piece by piece with the spans blanked."""
    from io import BytesIO

    reading, read = Blanked(BytesIO(data), spans), b""
    while part := reading.read(piece):
        read += part
    return read
