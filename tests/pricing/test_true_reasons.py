"""Why a cost is unknown: the job's page and the coverage panel name the same missing thing, and a true one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.batch_api import read_record
from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.fold import PricingSettings
from tests.reference.worked_example import event, price


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(build_settings(tmp_path, environ={}), start_folding=False)
    yield opened
    opened.close()


def run(job_id: str, asked: dict[str, Any], **placed: Any) -> list[dict[str, Any]]:
    known = {"instance_type": "m5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "on-demand"}
    return [
        event("job.submitted", "00:00", job_id=job_id, **asked),
        event("job.started", "01:00", job_id=job_id, attempt=1, **{k: v for k, v in {**known, **placed}.items() if v}),
        event("job.succeeded", "02:00", job_id=job_id, attempt=1),
    ]


PLATFORMS = {"fargate": "FARGATE", "eks": "EKS"}


def described(job_id: str, platform: str) -> dict[str, Any]:
    """A succeeded job as DescribeJobs tells it."""
    times = {"startedAt": 1772323200000, "stoppedAt": 1772326800000}
    head = {"jobId": job_id, "jobName": job_id, "jobQueue": "queue", "status": "SUCCEEDED", "createdAt": 1772323100000}
    return {**head, **times, "platformCapabilities": [platform], "attempts": [{"container": {}, **times}]}


def reason(services: Services, job_id: str, figure: str = "cost_usd") -> str | None:
    return services.jobs.detail(job_id).figures[figure].unknown_because


def needs(services: Services) -> dict[str, int]:
    missing = services.prices.coverage(Selection()).missing
    return {row["need"]: row["attempts"] for row in missing.to_dict("records") if row["figure"] == "cost"}


def test_under_shares_it_is_said_whether_the_instance_or_the_job_is_of_unknown_size(services: Services) -> None:
    services.fold.set_pricing(PricingSettings(attribution="share"))
    services.intake.take(
        read_batch(
            [
                price("on-demand", "00:00", 1.00),
                *run("known", {"vcpus": 4}),
                *run("asks-nothing", {}),
                *run("huge", {"vcpus": 4}, instance_type="x9.huge", usd_per_hour=3.0),
                *run("no-price", {"vcpus": 4}, instance_type="x9.huge"),
            ]
        )
    )
    services.fold.fold_all()
    assert services.jobs.detail("known").figures["cost_usd"].value == pytest.approx(0.5)
    asked = "neither the vCPUs nor the memory it asked for are known, so its share of the instance is not"
    assert reason(services, "asks-nothing") == asked
    assert (
        reason(services, "huge") == "the size of the instance of attempt 1 is not known, so neither is its share of it"
    )
    assert reason(services, "no-price") == "no on-demand price of x9.huge in us-east-1 was known at its start"
    assert needs(services) == {"job_size": 1, "instance_size": 1, "on_demand_price": 1}


def test_jobs_without_an_instance_of_ec2_say_so(services: Services) -> None:
    services.intake.take([read_record(described(job_id, platform)) for job_id, platform in PLATFORMS.items()])
    services.fold.fold_all()
    assert reason(services, "fargate") == "it ran on Fargate, which has no EC2 instance"
    assert reason(services, "eks") == "nothing says on which instance attempt 1 ran"
    assert [services.jobs.detail(job_id).job["flags"] for job_id in ("fargate", "eks")] == [
        ["not_on_ec2"],
        ["instance_unknown"],
    ]
    costs = services.reports.summary(Selection()).figures["cost_usd"]
    assert (costs.value, costs.coverage) == (None, 0.0)  # of the one job it applies to


def test_a_savings_total_names_the_missing_on_demand_price(services: Services) -> None:
    told = run("spot", {"vcpus": 4}, purchase_option="spot", instance_type="x9.huge", usd_per_hour=1.0)
    services.intake.take(read_batch(told))
    services.fold.fold_all()
    assert services.jobs.detail("spot").figures["cost_usd"].value == pytest.approx(1.0)
    assert reason(services, "spot", "on_demand_savings_usd") == (
        "no on-demand price of x9.huge in us-east-1 was known at its start"
    )


def test_a_broken_chain_of_restores_names_the_restore(services: Services) -> None:
    told = [
        event("job.started", "00:00", job_id="job", attempt=1),
        event("job.interrupted", "01:00", job_id="job", attempt=1, reason="reclaimed"),
        event("job.started", "01:10", job_id="job", attempt=2),
        event("restore.succeeded", "01:20", job_id="job", attempt=2, checkpoint_id="never-heard-of"),
        event("job.succeeded", "02:00", job_id="job", attempt=2),
    ]
    services.intake.take(read_batch(told))
    services.fold.fold_all()
    because = "the restore into attempt 2 was from a checkpoint that nothing is known of"
    for figure in ("saved_seconds", "spot_saved_seconds", "lost_seconds", "net_saved_seconds", "saved_cost_usd"):
        assert reason(services, "job", figure) == because
