"""What rules say of figures: over events of known times, over the demo, and of what the configuration changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from mmbatch_dash.domain.alerts.budgets import Spent, month_of, passed_marks
from mmbatch_dash.domain.alerts.figures import ALERT_FIGURES, Over
from mmbatch_dash.domain.config import parse_config
from mmbatch_dash.domain.config.alert_rules import SHIPPED, Rule, read_rules
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
