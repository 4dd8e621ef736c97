"""The fold against the reference on worlds told by many sources, late and in any order, with history to reopen."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mmbatch_dash.domain.facts import Entry
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.fold.write import RETIRE_AT
from tests.effort import effort
from tests.properties.test_fold_agrees_with_the_reference import differences
from tests.reference import report_jobs, said_by_entries, total
from tests.reference.figures import JobReport, seconds_between
from tests.reference.totals import TOTALLED
from tests.reference.wide_worlds import build_wide_world
from tests.store.world import NOW, World

LATE = {
    "termination": lambda fact: "instance_terminated_at" in fact or "instance_gone_at" in fact,
    "notice": lambda fact: "notice_kind" in fact,
    "zone": lambda fact: "availability_zone" in fact and "job_id" not in fact,
    "word that a job never started": lambda fact: "never_started" in fact,
    "stopped node": lambda fact: fact["type"] == "mmbatch.node.stopped",
    "word of AWS": lambda fact: fact["type"] in ("job.reported", "attempt.reported"),
}


def cut(entries: list[Entry], rng: Random) -> list[list[Entry]]:
    """Some of the entries twice, in batches of any size."""
    again = entries + rng.sample(entries, len(entries) // 6)
    rng.shuffle(again)
    cuts = sorted({0, len(again), *(rng.randrange(len(again)) for _ in range(4))})
    return [again[start:stop] for start, stop in pairwise(cuts)]


def attempt_differences(world: World, reports: dict[str, JobReport]) -> Iterator[str]:
    columns = "job_id, attempt, started_at, ended_at, end_reason, instance_id, usd_per_hour, rate_source"
    found = {(row[0], row[1]): row[2:] for row in world.rows(f"SELECT {columns} FROM attempts")}  # noqa: S608
    for job_id, report in reports.items():
        for one, rate in zip(report.job.attempts, report.rates, strict=True):
            times = [at and at.replace(tzinfo=None) for at in (one.started_at, one.ended_at)]
            wanted = (*times, one.end_reason, one.instance_id, rate.paid, rate.source)
            got = found[job_id, one.number]
            if any(not same(left, right) for left, right in zip(got, wanted, strict=True)):
                yield f"{job_id}/{one.number}: {got}, reference {wanted}"


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return bool(left == right)


def check_against_reference(world: World, reports: dict[str, JobReport]) -> None:
    assert list(attempt_differences(world, reports)) == []
    jobs = world.frame("jobs").set_index("job_id")
    assert set(jobs.index) == set(reports)
    wrong = {job_id: found for job_id in reports if (found := differences(jobs.loc[job_id], reports[job_id]))}
    assert wrong == {}


@pytest.mark.parametrize("seed", range(effort(10, 4)))
def test_every_figure_agrees_however_the_facts_come_in(tmp_path: Path, seed: int) -> None:
    entries = build_wide_world(seed)
    reports = report_jobs(said_by_entries(entries))
    world = World(tmp_path, retire_at=(RETIRE_AT, 0)[seed % 2])
    for batch in cut(entries, Random(seed)):
        world.take_items(batch)
    check_against_reference(world, reports)
    summary = Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW).summary(Selection())
    world.close()
    expected = total(reports.values())
    for name, found in {**summary.figures, **summary.engineering}.items():
        if name in TOTALLED:
            assert same(found.value, expected.value[name]) or found.value == pytest.approx(expected.value[name]), name
            assert found.coverage == pytest.approx(expected.coverage[name]), name


@pytest.mark.parametrize(("what", "seed"), [(what, number + 20) for number, what in enumerate(LATE)])
def test_facts_that_come_late_reach_jobs_that_lie_in_history(tmp_path: Path, what: str, seed: int) -> None:
    entries = build_wide_world(seed)
    late = [entry for entry in entries if any(LATE[what](fact) for fact in entry.facts)]
    early = [entry for entry in entries if entry not in late]
    assert late
    world = World(tmp_path, retire_at=0)
    for batch in (early, late[: len(late) // 2], late[len(late) // 2 :]):
        world.take_items(batch)
    check_against_reference(world, report_jobs(said_by_entries(entries)))
    world.close()


@pytest.mark.parametrize("seed", [40, 41][: effort(2, 1)])
def test_order_batches_and_replay_give_equal_tables(tmp_path: Path, seed: int) -> None:
    entries = build_wide_world(seed)
    once, other = World(tmp_path / "once"), World(tmp_path / "other", retire_at=3)
    once.take_items(entries)
    for batch in cut(entries, Random(seed)):
        other.take_items(batch)
    lived = other.tables()
    assert lived == once.tables()
    replayed = World.__new__(World)
    replayed.database = Database(tmp_path / "again.duckdb")
    replayed.fold = Fold(replayed.database, other.journal)
    replayed.fold.fold_all()
    assert replayed.tables() == lived
    replayed.fold.close()
    replayed.database.close()
    once.close()
    other.close()


def test_what_is_saved_lies_between_nothing_and_the_run_time_before_the_latest_attempt() -> None:
    worlds = [report_jobs(said_by_entries(build_wide_world(seed, jobs=60))) for seed in range(50, 62)]
    checked = 0
    for report in (report for world in worlds for report in world.values()):
        saved, spot_saved = report.figures["saved_seconds"], report.figures["spot_saved_seconds"]
        run = [seconds_between(one.started_at, one.ended_at) for one in report.job.ran[:-1]]
        if saved is not None:
            assert 0 <= (spot_saved or 0) <= saved
            if None not in run:
                checked += saved > 0
                assert saved <= sum(seconds or 0 for seconds in run) + 1e-6
        assert (report.figures["lost_seconds"] or 0) >= 0
    assert checked > 5


def test_the_worlds_hold_every_way_to_end_and_every_source_of_a_rate() -> None:
    worlds = [report_jobs(said_by_entries(build_wide_world(seed))) for seed in range(10)]
    reports = [report for world in worlds for report in world.values()]
    reasons = {one.end_reason for report in reports for one in report.job.attempts}
    assert reasons == {
        *("running", "completed", "failed", "reclaimed", "host_lost", "cancelled", "not_started"),
        None,
    }
    assert {rate.source for report in reports for rate in report.rates} >= {
        *("reported", "spot_history", "price_list", "free_hour"),
        None,
    }
    for name in reports[0].figures:
        unknown = sum(report.figures[name] is None for report in reports)
        assert 0 < unknown < len(reports), name
