"""Steps that a batch leaves out leave nothing behind, and a line is read up to its original."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from mmbatch_dash.store.fold.write import write_touched
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.hard_worlds import build_hard_world
from tests.reference.worked_example import WORKED_EXAMPLE
from tests.store.world import World


def test_one_event_at_a_time_folds_to_the_tables_of_all_at_once(build_world: Callable[..., World]) -> None:
    events = acceptable(build_hard_world(11, jobs=2))
    Random(11).shuffle(events)
    events = events[:50]
    whole, single = build_world(simulated=True), build_world(simulated=True)
    whole.take(events)
    for event in events:
        single.take([event])
    expected, found = whole.tables(), single.tables()
    assert len(expected["jobs"]) >= 2
    for table, rows in expected.items():
        assert found[table] == rows, table


def test_a_tag_named_raw_does_not_end_the_facts(build_world: Callable[..., World]) -> None:
    world = build_world()
    tags = {"list": '],"raw":{"', "raw": "{}", "z": "after"}
    submitted: dict[str, Any] = {**WORKED_EXAMPLE[0], "id": "tagged", "type": "mmbatch.job.submitted"}
    submitted["data"] = {"job_id": "tagged", "queue": '"],"raw":{', "tags": tags}
    world.take([submitted])
    assert world.rows("SELECT queue, tags FROM jobs") == [('"],"raw":{', tags)]


def test_a_batch_that_failed_is_folded_as_if_it_had_not_been_tried(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, world = build_world(), build_world()
    expected.take(WORKED_EXAMPLE)
    first, *rest = WORKED_EXAMPLE
    world.take([first])

    def fail(*_: object) -> None:
        raise RuntimeError("no space left")

    with monkeypatch.context() as patch:
        steps = world.fold._steps
        failing = [replace(step, run=fail) if step.run is write_touched else step for step in steps._steps]
        assert failing != list(steps._steps)
        patch.setattr(steps, "_steps", failing)
        with pytest.raises(RuntimeError):
            world.take(rest)
    world.fold.fold_all()
    assert world.tables() == expected.tables()
