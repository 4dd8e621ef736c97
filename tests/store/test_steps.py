"""What each step of the fold declares is what its SQL does."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from mmbatch_dash.store.fold.declared import Step, in_order, read_script, read_steps
from mmbatch_dash.store.fold.derive import all_steps
from mmbatch_dash.store.fold.running import Steps
from mmbatch_dash.store.tables import EVERY_SIDE
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.properties.test_fold_is_a_function_of_the_set import shuffled_repeated_and_cut
from tests.reference.hard_worlds import build_hard_world
from tests.store.world import World

STEPS = {step.name: step for step in all_steps(retire_at=0)}
WRITTEN = re.compile(r"^(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE) (\w+)", re.MULTILINE)
MADE = re.compile(r"^CREATE OR REPLACE TEMP TABLE (\w+)", re.MULTILINE)
SCRIPTS = [step.name for step in read_steps()]
ALTERNATIVES = ("46_fresh", "46_repeated")
"""One of them runs, never both: their conditions choose, where those of the others only spare."""


def leave_nothing_out(world: World, retire_at: int) -> None:
    """Lets every step run in every batch, whether there is anything for it to do or not."""
    steps = [step if step.name in ALTERNATIVES else replace(step, when="True") for step in all_steps(retire_at)]
    world.fold._steps = Steps(world.fold._cursor, steps)


class Bench(World):
    """A world whose fold has run every step once, so that every table is there to be taken away."""

    @property
    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.fold._cursor

    def tables(self) -> dict[str, str]:  # type: ignore[override]
        """Name → kind of everything a step could read."""
        found = {name: "TABLE" for (name,) in self.cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        sql = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        return found | {name: "VIEW" for (name,) in self.cursor.execute(sql).fetchall()}

    def misses(self, step: Step, table: str, kind: str) -> bool:
        """Whether the step cannot run without a table."""
        self.cursor.execute(f"BEGIN; DROP {kind} {table}")
        try:
            step.run(self.cursor)
        except duckdb.CatalogException:
            return True
        finally:
            self.cursor.execute("ROLLBACK")
        return False

    def needs(self, step: Step) -> set[str]:
        """The tables and views without which a step cannot run; what a view reads is not the step's."""
        named = self.tables()
        words = set(re.findall(r"\w+", read_script(step.name)))
        needed = {table for table in words & named.keys() if self.misses(step, table, named[table])}
        sides = {"": EVERY_SIDE[:2], "known": EVERY_SIDE, "past": EVERY_SIDE[1:]}
        views = [view.rpartition("_") for view in needed if named[view] == "VIEW"]
        under = {f"{table}_{side}" for kind, _, table in views for side in sides.get(kind, ())}
        return needed - under


def event(number: int, type_: str, minute: int, **data: object) -> dict[str, object]:
    time = f"2026-03-01T{minute // 60:02d}:{minute % 60:02d}:00Z"
    head = {"specversion": "1.0", "id": str(number), "source": "s", "time": time}
    return {**head, "type": f"mmbatch.{type_}", "data": data}


def story() -> Iterator[dict[str, object]]:
    """Two jobs on one instance, one of them reclaimed and restored, with a price, a node and a notice."""
    place = {"instance_id": "i-1", "instance_type": "m5.large", "availability_zone": "us-east-1a"}
    spot = {**place, "purchase_option": "spot"}
    yield event(1, "node.registered", 1, node_id="n-1", **spot)
    yield event(2, "price.observed", 0, usd_per_hour=0.1, effective_at="2026-03-01T00:00:00Z", **spot)
    for job, at in (("a", 2), ("b", 3)):
        yield event(at * 10, "job.submitted", at, job_id=job, queue="q", vcpus=1, memory_mib=512)
        yield event(at * 10 + 1, "job.started", at + 1, job_id=job, attempt=1, node_id="n-1", **spot)
    yield event(50, "checkpoint.succeeded", 20, job_id="a", attempt=1, checkpoint_id="c")
    yield event(51, "job.interrupted", 30, job_id="a", attempt=1, reason="reclaimed")
    yield event(52, "job.started", 40, job_id="a", attempt=2, **{**spot, "instance_id": "i-2"})
    yield event(53, "restore.succeeded", 41, job_id="a", attempt=2, checkpoint_id="c", duration_seconds=5)
    yield event(54, "job.succeeded", 90, job_id="a", attempt=2)
    yield event(55, "job.succeeded", 95, job_id="b", attempt=1)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    world = Bench(tmp_path_factory.mktemp("steps"), retire_at=0)
    leave_nothing_out(world, 0)
    assert world.take(story()).accepted == 12
    # Jobs a and b move to history, and c stays; a is touched again, b and c are to be costed again.
    world.take([dict(event(56, "job.started", 100, job_id="c", attempt=1, instance_id="i-3"))])
    world.cursor.execute(
        "CREATE OR REPLACE TEMP TABLE lines (position BIGINT, line VARCHAR);"
        "DELETE FROM touched; INSERT INTO touched SELECT id_key('a');"
        "DELETE FROM rated; INSERT INTO rated BY NAME "
        "SELECT job_key, attempt, usd_per_hour, false AS shared FROM attempts"
    )
    yield world
    world.close()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_step_reads_what_it_declares_and_nothing_else(bench: Bench, name: str) -> None:
    step = STEPS[name]
    assert bench.needs(step) - set(step.changes) == set(step.reads) - set(step.changes)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_step_writes_what_it_declares_and_nothing_else(name: str) -> None:
    step, script = STEPS[name], read_script(name)
    made = set(MADE.findall(script))
    assert made == set(step.makes)
    assert set(WRITTEN.findall(script)) - made == set(step.changes)


@pytest.mark.parametrize("name", sorted(set(STEPS) - set(SCRIPTS)))
def test_a_step_in_python_needs_no_table_that_it_does_not_declare(bench: Bench, name: str) -> None:
    step = STEPS[name]
    needed = {table for table, kind in bench.tables().items() if bench.misses(step, table, kind)}
    assert needed <= {*step.reads, *step.changes}


@pytest.mark.parametrize("name", [name for name in SCRIPTS if STEPS[name].tells])
def test_a_step_tells_the_truths_it_declares(bench: Bench, name: str) -> None:
    bench.cursor.execute(read_script(name))
    told = bench.cursor.fetchall()
    assert tuple(column[0] for column in bench.cursor.description or ()) == STEPS[name].tells
    assert all(value in (True, False) for value in told[0])


def test_everything_a_script_makes_is_read_by_a_step() -> None:
    read = {table for step in STEPS.values() for table in (*step.reads, *step.asks()[1])}
    own = {table for name in SCRIPTS for table in STEPS[name].makes if read_script(name).count(table) > 1}
    assert {table for name in SCRIPTS for table in STEPS[name].makes} - read - own == set()


def test_a_step_that_asks_for_what_comes_later_is_refused() -> None:
    early = Step("20_early", lambda cursor: None, reads=("costing",))
    with pytest.raises(ValueError, match="Step 20_early needs costing, which no step before it gives"):
        in_order((early, Step("75_costing", lambda cursor: None, makes=("costing",))))
    unheard = Step("20_early", lambda cursor: None, when="rows(touched) and nonsense")
    with pytest.raises(ValueError, match="Step 20_early needs nonsense"):
        in_order((unheard,))


@pytest.mark.parametrize(("seed", "retire_at"), [(4, 3)])
def test_steps_that_are_left_out_would_have_changed_nothing(seed: int, retire_at: int) -> None:
    batches: list[list[dict[str, Any]]] = shuffled_repeated_and_cut(
        acceptable(build_hard_world(seed, jobs=12)), Random(seed)
    )
    # The small ones leave most out.
    batches += [[event(n, "job.submitted", n, job_id=f"late-{n}")] for n in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        sparing, thorough = (World(Path(folder) / name, simulated=True, retire_at=retire_at) for name in ("s", "t"))
        leave_nothing_out(thorough, retire_at)
        for batch in batches:
            sparing.take(batch)
            thorough.take(batch)
        assert sparing.tables() == thorough.tables()
        sparing.close()
        thorough.close()
