"""What rules say of figures: over events of known times, over the demo, and of what the configuration changes."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.demo import DEFAULT_SCENARIO, simulate
from mmbatch_dash.domain.alerts.budgets import Spent, month_of, passed_marks
from mmbatch_dash.domain.alerts.figures import ALERT_FIGURES, Over
from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.config import parse_config
from mmbatch_dash.domain.config.alert_rules import SHIPPED, Rule, read_rules
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.factory import create_app
from mmbatch_dash.metrics.alerts import judge
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.api.conftest import NOW, Server, event, worked_example

END = datetime(2026, 3, 2, 18, tzinfo=UTC)


def rules(**own: Any) -> dict[str, Rule]:
    found, problems = read_rules(parse_config({"alerts": {"rules": own}}).alerts)
    assert problems == []
    return {rule.name: rule for rule in found}


def test_the_shipped_rules_are_on_and_tell_nobody() -> None:
    assert list(rules()) == list(SHIPPED)
    assert all(rule.channels == () and rule.shipped for rule in rules().values())


def test_the_configuration_changes_a_shipped_rule_field_by_field_or_switches_it_off() -> None:
    own = {"reclaim-wave": {"above": 9}, "backup-old": {"enabled": False}, "checkpoints-fail": {"above": 0.5}}
    found = rules(**own)
    assert (found["reclaim-wave"].above, found["reclaim-wave"].window) == (9, timedelta(minutes=10))
    assert "backup-old" not in found
    assert (found["checkpoints-fail"].above, found["checkpoints-fail"].below) == (0.5, None)


@pytest.mark.parametrize(("succeeded", "failed", "wrong"), [(8, 2, {"align": 0.8}), (9, 1, {}), (0, 9, {}), (0, 0, {})])
def test_a_rate_is_wrong_under_its_limit_and_only_of_enough_tries(
    succeeded: int, failed: int, wrong: dict[str, float]
) -> None:
    columns = {"checkpoints.succeeded": succeeded, "checkpoints.failed": failed}
    found = judge(rules()["checkpoints-fail"], pd.DataFrame([{"key": "align", **columns}]))
    assert {group: finding.value for group, finding in found.items()} == wrong


def test_what_is_wrong_is_said_in_a_sentence() -> None:
    frame = pd.DataFrame([{"key": None, "checkpoints.succeeded": 5, "checkpoints.failed": 5}])
    assert judge(rules()["checkpoints-fail"], frame)["(none)"].said == (
        "(none): checkpoints.rate 50.0 % in 1 h, under 90.0 %"
    )


@pytest.mark.parametrize("name", [name for name, one in ALERT_FIGURES.items() if one.over is not Over.SERVER])
def test_every_figure_a_rule_may_name_is_in_the_frame_it_is_judged_by(worked: Server, name: str) -> None:
    server, figure = worked, ALERT_FIGURES[name]
    fields = {"by": "queue"} if figure.groups else {}
    rule = rules(mine={"figure": name, "above": -1e18, **fields})["mine"]
    frame = server.services.measure.frame(rule, NOW)
    kind, _, part = name.partition(".")
    wanted = {f"{kind}.succeeded", f"{kind}.failed"} if part in ("rate", "attempts") else {name}
    assert wanted <= set(frame.columns)
    judge(rule, frame)


def test_windows_are_over_the_time_things_happened(worked: Server) -> None:
    wave = rules(mine={"figure": "reclaims", "above": 0, "window": "1h", "by": "queue"})["mine"]
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def reclaims(minutes: float) -> dict[str, float]:
        frame = worked.services.measure.frame(wave, noon + timedelta(minutes=minutes))
        return {group: one.value for group, one in judge(wave, frame).items() if group == "align"}

    # Taken back at minute 60 and 125.
    assert [reclaims(at) for at in (59, 60, 119, 120, 125, 185)] == [
        {},
        {"align": 1},
        {"align": 1},
        {},
        {"align": 1},
        {},
    ]


def test_the_unprotected_reclaims_of_a_day_are_known_in_dollars(worked: Server) -> None:
    rule = rules()["unprotected-cost"]
    frame = worked.services.measure.frame(rule, datetime(2026, 3, 1, 15, tzinfo=UTC))
    assert frame["reclaims.unprotected_usd"].tolist() == [3.0]
    assert frame["protections.unprotected"].tolist() == [1]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The worked example, a job without protection that was reclaimed, and three jobs of the first of March."""
    services = open_services(build_settings(tmp_path_factory.mktemp("worked")), clock=lambda: NOW, start_folding=False)
    server = Server(services, create_app(services).test_client())
    spot = {"instance_type": "m5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "spot"}
    bare, of_team = {"job_id": "bare", "attempt": 1}, {"tags": {"team": "genomics"}}
    midnight = -12 * 60
    server.send(
        [
            *worked_example(queue="align"),
            event("job.started", 0, **bare, instance_id="i-0000000000000009", usd_per_hour=2.0, **spot),
            event("job.interrupted", 90, **bare, reason="reclaimed"),
            event("job.submitted", midnight - 200, job_id="long", **of_team),
            event("job.started", midnight - 120, job_id="long", attempt=1, usd_per_hour=1.0, instance_id="i-1", **spot),
            event("job.succeeded", midnight + 60, job_id="long", attempt=1),
            event("job.submitted", 0, job_id="open", **of_team),
            event("job.started", 30, job_id="open", attempt=1, usd_per_hour=1.0, instance_id="i-2", **spot),
            event("job.submitted", 0, job_id="other"),
            event("job.started", 30, job_id="other", attempt=1, usd_per_hour=9.0, instance_id="i-3", **spot),
        ]
    )
    yield server
    services.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[dict[str, Any]]]]:
    """A day in which EC2 takes back a lot, all of it told, and the events it was told by."""
    changes = {"days": 1, "silent_loss": 0.0, "failed_checkpoint": 0.12}
    scenario = DEFAULT_SCENARIO.hurried().model_copy(update=changes)
    events = list(simulate(scenario, seed=5, jobs=250, end_at=END))
    folder: Path = tmp_path_factory.mktemp("demo")
    services = open_services(build_settings(folder, simulated=True), clock=lambda: END, start_folding=False)
    for _ in services.intake.take_stream(read_batch(events)):
        pass
    services.fold.fold_all()
    yield Server(services, None), events  # type: ignore[arg-type]
    services.close()


def test_a_budget_passes_its_marks_and_says_when_it_is_gone() -> None:
    now = datetime(2026, 3, 11, tzinfo=UTC)
    month_at = month_of(now, now.tzinfo)  # type: ignore[arg-type]
    spent = Spent("genomics", 1000.0, 600.0, month_at, now, ("ops",))
    assert spent.sentence == "genomics: $600.00 of $1,000.00 (60%), gone on the 17th at this rate"
    assert list(passed_marks(spent)) == ["2026-03, 50 %"]
    assert list(passed_marks(Spent("a", 100.0, 250.0, month_at, now, ()))) == [
        "2026-03, 50 %",
        "2026-03, 90 %",
        "2026-03, 100 %",
    ]
    assert Spent("a", 1000.0, 300.0, month_at, now, ()).gone_on is None


def test_a_budget_counts_the_money_of_the_month_with_what_runs_now(worked: Server) -> None:
    budget = {"genomics": {"tag": "team:genomics", "usdPerMonth": 10}}
    worked.services.config.apply({"budgets": budget}, who="test", origin="page")
    [spent] = worked.services.measure.budgets(datetime(2026, 3, 1, 15, tzinfo=UTC))
    # One of three hours in March, and two and a half that run.
    assert spent.spent_usd == pytest.approx(1.0 + 2.5)


def reclaims_told(events: list[dict[str, Any]]) -> list[datetime]:
    return sorted(
        datetime.fromisoformat(one["time"])
        for one in events
        if one["type"] in ("mmbatch.job.interrupted", "mmbatch.job.failed") and one["data"].get("reason") == "reclaimed"
    )


def test_a_wave_fires_where_the_simulator_takes_back_five_in_ten_minutes_and_nowhere_else(
    demo: tuple[Server, list[dict[str, Any]]],
) -> None:
    server, events = demo
    told, shipped = reclaims_told(events), rules()["reclaim-wave"]
    narrow = rules(**{"reclaim-wave": {"above": 1}})["reclaim-wave"]
    fired = {"shipped": 0, "narrow": 0}
    for step in range(72):
        at = END - timedelta(minutes=20 * step)
        frame = server.services.measure.frame(shipped, at)
        taken_back = sum(at - timedelta(minutes=10) < one <= at for one in told)
        assert bool(judge(shipped, frame)) == (taken_back > 4), at
        assert bool(judge(narrow, frame)) == (taken_back > 1), at
        fired["shipped"] += taken_back > 4
        fired["narrow"] += taken_back > 1
    assert fired["shipped"] >= 1
    assert 5 <= fired["narrow"] <= 60, "the day must hold waves and calm"


def test_checkpoints_fail_where_the_simulator_lets_them_and_nowhere_else(
    demo: tuple[Server, list[dict[str, Any]]],
) -> None:
    server, events = demo
    queue = {
        one["data"]["job_id"]: one["data"].get("queue") for one in events if one["type"] == "mmbatch.job.submitted"
    }
    tries: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    for one in events:
        if one["type"] in ("mmbatch.checkpoint.succeeded", "mmbatch.checkpoint.failed"):
            at = datetime.fromisoformat(one["time"])
            tries[queue[one["data"]["job_id"]]].append((at, one["type"].endswith("succeeded")))
    rule = rules()["checkpoints-fail"]
    seen: set[bool] = set()
    for step in range(24):
        at = END - timedelta(minutes=60 * step)
        must = {}
        for name, told in tries.items():
            within = [good for when, good in told if at - timedelta(hours=1) < when <= at]
            if len(within) >= 10 and sum(within) / len(within) < 0.9:
                must[name] = sum(within) / len(within)
        found = judge(rule, server.services.measure.frame(rule, at))
        assert {group: finding.value for group, finding in found.items()} == pytest.approx(must)
        seen.add(bool(must))
    assert seen == {True, False}, "the day must hold good hours and bad ones"


def test_what_insight_tells_of_a_queue_is_what_rules_watch(demo: tuple[Server, list[dict[str, Any]]]) -> None:
    services = demo[0].services
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
