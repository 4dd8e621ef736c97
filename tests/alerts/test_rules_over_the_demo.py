"""Every shipped rule that the simulated fleet can provoke fires where its events say it must, and nowhere else.

What a rule finds is held against the events themselves, or against the plain reading of them in `tests.reference`.
Three of the shipped rules are about the server alone, which no simulated job moves: fold-behind, disk-reserve and
backup-old.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.demo import DEFAULT_SCENARIO, simulate
from mmbatch_dash.demo.scenario import Scenario
from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.config.alert_rules import SHIPPED
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.metrics.alerts import judge
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.alerts.measure import Measure, ServerFacts
from mmbatch_dash.settings import build_settings
from tests.alerts.test_rules import rules
from tests.reference import JobReport, report_jobs, said_by_events
from tests.reference.figures import seconds_between

END = datetime(2026, 3, 2, 18, tzinfo=UTC)
OF_THE_SERVER = {"fold-behind", "disk-reserve", "backup-old"}


@dataclass(frozen=True)
class Demo:
    """A simulated day, taken in, and the events it was told by."""

    services: Services
    events: list[dict[str, Any]]

    @cached_property
    def queues(self) -> dict[str, str]:
        """Job → queue."""
        submitted = (one["data"] for one in self.events if one["type"] == "mmbatch.job.submitted")
        return {one["job_id"]: one["queue"] for one in submitted}

    @cached_property
    def reports(self) -> dict[str, JobReport]:
        """What the plain reading makes of the events."""
        return report_jobs(said_by_events(self.events))

    def found(self, name: str, at: datetime, **changes: Any) -> dict[str, float]:
        """Group → value, of what a shipped rule finds at a time."""
        rule = rules(**{name: changes} if changes else {})[name]
        return {group: one.value for group, one in judge(rule, self.services.measure.frame(rule, at)).items()}

    def told(self, *kinds: str) -> Iterator[tuple[str, datetime, str]]:
        """(queue, when, kind) of the events of these kinds."""
        for one in self.events:
            if (kind := one["type"].removeprefix("mmbatch.")) in kinds:
                yield self.queues[one["data"]["job_id"]], datetime.fromisoformat(one["time"]), kind


def a_day(folder: Path, jobs: int, scenario: Scenario) -> Demo:
    events = list(simulate(scenario, seed=5, jobs=jobs, end_at=END))
    services = open_services(build_settings(folder, simulated=True), clock=lambda: END, start_folding=False)
    for _ in services.intake.take_stream(read_batch(events)):
        pass
    services.fold.fold_all()
    return Demo(services, events)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A day in which EC2 takes back a lot, all of it told."""
    changes = {"days": 1, "silent_loss": 0.0, "failed_checkpoint": 0.12}
    day = a_day(tmp_path_factory.mktemp("demo"), 250, DEFAULT_SCENARIO.hurried().model_copy(update=changes))
    yield day
    day.services.close()


@pytest.fixture(scope="module")
def long_waits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A day in which instances are hard to get, and long jobs without checkpoints lose them."""
    types = tuple(one.model_copy(update={"reclaims_per_hour": 0.7}) for one in DEFAULT_SCENARIO.instance_types)
    queues = tuple(one.model_copy(update={"checkpointed": 0.3}) for one in DEFAULT_SCENARIO.queues)
    changes = {"days": 1, "silent_loss": 0.0, "wait_minutes": 100.0, "instance_types": types, "queues": queues}
    day = a_day(tmp_path_factory.mktemp("waits"), 100, DEFAULT_SCENARIO.model_copy(update=changes))
    yield day
    day.services.close()


def hours(count: int) -> list[datetime]:
    return [END - timedelta(hours=number) for number in range(count)]


def test_every_shipped_rule_is_held_against_the_demo_or_is_about_the_server_alone() -> None:
    held = {"checkpoints-fail", "restore-failed", "unprotected-cost", "reclaim-wave", "stuck-runnable", "no-events"}
    assert held | OF_THE_SERVER == SHIPPED.keys()


def test_a_wave_fires_where_the_simulator_takes_back_five_in_ten_minutes_and_nowhere_else(demo: Demo) -> None:
    interrupted = [one for one in demo.events if one["data"].get("reason") == "reclaimed"]
    told = [datetime.fromisoformat(one["time"]) for one in interrupted if one["type"] == "mmbatch.job.interrupted"]
    fired, services = {4: 0, 1: 0}, demo.services
    by_limit = {above: rules(**{"reclaim-wave": {"above": above}})["reclaim-wave"] for above in fired}
    for step in range(72):
        at = END - timedelta(minutes=20 * step)
        taken_back = sum(at - timedelta(minutes=10) < one <= at for one in told)
        frame = services.measure.frame(by_limit[4], at)
        for above, rule in by_limit.items():
            must = {"": taken_back} if taken_back > above else {}
            assert {group: one.value for group, one in judge(rule, frame).items()} == must, at
            fired[above] += bool(must)
    assert fired[4] >= 1
    assert 5 <= fired[1] <= 60, "the day must hold waves and calm"


def test_checkpoints_fail_where_the_simulator_lets_them_and_nowhere_else(demo: Demo) -> None:
    tries: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    for queue, when, kind in demo.told("checkpoint.succeeded", "checkpoint.failed"):
        tries[queue].append((when, kind == "checkpoint.succeeded"))
    seen: set[bool] = set()
    for at in hours(24):
        must = {}
        for name, told in tries.items():
            within = [good for when, good in told if at - timedelta(hours=1) < when <= at]
            if len(within) >= 10 and sum(within) / len(within) < 0.9:
                must[name] = sum(within) / len(within)
        assert demo.found("checkpoints-fail", at) == pytest.approx(must)
        seen.add(bool(must))
    assert seen == {True, False}, "the day must hold good hours and bad ones"


def test_a_restore_that_fails_is_found_in_its_queue_and_hour_and_nowhere_else(demo: Demo) -> None:
    failed = list(demo.told("restore.failed"))
    seen: set[bool] = set()
    for at in hours(24):
        must: dict[str, float] = defaultdict(float)
        for queue, when, _ in failed:
            must[queue] += at - timedelta(hours=1) < when <= at
        must = {queue: count for queue, count in must.items() if count}
        assert demo.found("restore-failed", at) == must
        seen.add(bool(must))
    assert seen == {True, False}, "the day must hold hours with such a restore and hours without"


def test_what_unprotected_reclaims_cost_is_found_where_it_is_too_much_and_nowhere_else(long_waits: Demo) -> None:
    costs: list[tuple[datetime, float]] = []
    for report in long_waits.reports.values():
        if not report.protections["unprotected"]:
            continue
        for attempt, rate in zip(report.job.attempts, report.rates, strict=True):
            seconds = seconds_between(attempt.started_at, attempt.ended_at)
            if attempt.end_reason == "reclaimed" and attempt.ended_at and seconds is not None and rate.paid is not None:
                costs.append((attempt.ended_at, rate.paid * seconds / 3600))
    seen: set[bool] = set()
    for at in hours(24):
        spent = sum(usd for when, usd in costs if at - timedelta(hours=3) < when <= at)
        must = {"": spent} if spent > 1 else {}
        assert long_waits.found("unprotected-cost", at, above=1, window="3h") == pytest.approx(must)
        seen.add(bool(must))
    assert seen == {True, False}, "the day must hold dear hours and cheap ones"
    day = sum(usd for _, usd in costs)
    assert long_waits.found("unprotected-cost", END) == pytest.approx({"": day} if day > 10 else {})


def test_a_job_that_waits_over_an_hour_for_its_next_instance_is_found_and_no_other(
    demo: Demo, long_waits: Demo
) -> None:
    def waiting(day: Demo) -> dict[str, float]:
        longest: dict[str, float] = {}
        for job_id, report in day.reports.items():
            if report.job.status == "RUNNABLE":
                ends = [one.ended_at for one in report.job.ran if one.ended_at]
                since = max(ends) if ends else report.job.fields["submitted_at"]
                queue = day.queues[job_id]
                longest[queue] = max(longest.get(queue, 0.0), (END - since).total_seconds())
        return longest

    waits = waiting(long_waits)
    must = {queue: seconds for queue, seconds in waits.items() if seconds > 3600}
    assert 0 < len(must) < len(waits), "some wait for long, and some do not yet"
    assert long_waits.found("stuck-runnable", END) == pytest.approx(must)
    assert demo.found("stuck-runnable", END) == {}


def test_silence_is_found_once_the_events_of_a_running_fleet_stop_for_half_an_hour(demo: Demo) -> None:
    for path in demo.services.settings.journal_dir.iterdir():
        os.utime(path, (END.timestamp(), END.timestamp()))
    services, rule = demo.services, rules()["no-events"]
    assert services.reports.dashboard(Selection()).running.jobs > 0
    told = (services.settings.data_dir, services.journal.last_append_at)
    facts = ServerFacts(*told, lag_seconds=0.0, damaged_places=0, reserve_bytes=1)
    real = Measure(services.database, services.config.current, lambda: facts, services.insights)
    for minutes, must in ((30, {}), (31, {"": 31 * 60.0})):
        found = judge(rule, real.frame(rule, END + timedelta(minutes=minutes)))
        assert {group: one.value for group, one in found.items()} == must
    # A demo that nobody feeds any more does not cry wolf.
    assert demo.found("no-events", END + timedelta(days=3)) == {}


def test_what_is_of_the_server_alone_is_not_found_over_the_demo(demo: Demo) -> None:
    for at in hours(24):
        for name in OF_THE_SERVER - {"disk-reserve"}:  # which is of the machine that runs the test
            assert demo.found(name, at) == {}


def test_a_budget_is_passed_where_the_simulated_fleet_has_spent_it(demo: Demo) -> None:
    march = datetime(2026, 3, 1, tzinfo=UTC)
    spent = 0.0
    for job_id, report in demo.reports.items():
        if demo.queues[job_id] != "align":
            continue
        for attempt, rate in zip(report.job.attempts, report.rates, strict=True):
            known = report.figures["cost_usd"] is not None if attempt.has_ended else attempt.is_open
            seconds = seconds_between(max(attempt.started_at or END, march), attempt.ended_at or END)
            if known and rate.paid is not None and seconds is not None:
                spent += rate.paid * seconds / 3600
    for share, marks in ((0.4, []), (0.7, [50]), (0.95, [50, 90]), (1.2, [50, 90, 100])):
        budget = {"align": {"queue": "align", "usdPerMonth": round(spent / share, 6)}}
        demo.services.config.apply({"budgets": budget}, who="test", origin="page")
        [told] = demo.services.measure.budgets(END)
        assert told.spent_usd == pytest.approx(spent)
        found = demo.services.measure.findings(END)
        assert [group for rule, group in found if rule == "budget align"] == [f"2026-03, {mark} %" for mark in marks]


def test_what_insight_tells_of_a_queue_is_what_rules_watch(demo: Demo) -> None:
    services = demo.services
    until = END + timedelta(hours=1)
    day = Selection(basis=Basis.COMPLETED, from_at=until - timedelta(hours=24), to_at=until)
    rows = {row.key: row for row in services.insights.read(day).rows}
    sure = {key: row for key, row in rows.items() if row.observed.reclaims >= 5}
    assert sure.keys() < rows.keys(), "the day must hold queues with reclaims enough, and others"
    said = {
        "reclaim_rate_per_hour": {key: row.observed.rate.value for key, row in sure.items() if row.observed.rate},
        "month_usd_lost": {key: row.advice.lost_usd for key, row in rows.items()},
    }
    for name, expected in said.items():
        rule = rules(mine={"figure": f"insight.{name}", "above": -1, "window": "24h"})["mine"]
        found = {group: one.value for group, one in judge(rule, services.measure.frame(rule, END)).items()}
        assert found == pytest.approx(expected), name
