"""The worked example of docs/definitions.md section 3, posted as events and read back as JSON, to the last digit."""

import random
from typing import Any

import pytest

from mmbatch_dash.store.fold import PricingSettings
from tests.effort import effort
from tests.ingest.conftest import Door
from tests.reference.worked_example import WORKED_EXAMPLE, at, job, price, start

COST = 1 * 0.4 + 1 * 0.4 + 40 / 60 * 0.4
ON_DEMAND = 1.0 * (95 + 40 - 4) / 60 - COST

BLOCKS: dict[str, Any] = {
    "figures": {
        "total_jobs": 1,
        "spot_protections": 2,
        "cpu_hours": {"value": 24.0, "coverage": 1.0},
        "cost_usd": {"value": pytest.approx(1.0667, abs=5e-5), "coverage": 1.0},
        "saved_cost_usd": {"value": pytest.approx(0.6333, abs=5e-5), "coverage": 1.0},
        "saved_cpu_hours": {"value": pytest.approx(12.6667, abs=5e-5), "coverage": 1.0},
        "on_demand_savings_usd": {"value": pytest.approx(1.6, abs=1e-12), "coverage": 1.0},
    },
    "engineering": {
        "instance_hours": {"value": pytest.approx(2 + 40 / 60, abs=1e-12), "coverage": 1.0},
        "saved_seconds": {"value": 95 * 60.0, "coverage": 1.0},
        "spot_saved_seconds": {"value": 95 * 60.0, "coverage": 1.0},
        "waiting_seconds": {"value": (0 + 5 + 15) * 60.0, "coverage": 1.0},
        "lost_seconds": {"value": (60 - 45 + 60 - 50) * 60.0, "coverage": 1.0},
        "overhead_seconds": {"value": 60 + 60 + 300 + 240.0, "coverage": 1.0},
        "net_saved_seconds": {"value": 95 * 60 - 660.0, "coverage": 1.0},
        "on_demand_net_savings_usd": {"value": pytest.approx(ON_DEMAND, abs=1e-12), "coverage": 1.0},
    },
    "checkpoints": {"attempts": 2, "succeeded": 2, "failed": 0, "rate": 1.0},
    "restores": {"attempts": 2, "succeeded": 2, "failed": 0, "rate": 1.0},
    "protections": {"attempts": 2, "succeeded": 2, "failed": 0, "pending": 0, "unprotected": 0, "rate": 1.0},
}


SECOND_EXAMPLE = [
    price("on-demand", "00:00", 1.00),
    job("job.submitted", "00:00", name="second", queue="align", vcpus=8),
    start("00:00", 1),
    job("checkpoint.succeeded", "00:41", 1, checkpoint_id="c1", taken_at=at("00:40"), duration_seconds=60),
    job("job.interrupted", "01:00", 1, reason="reclaimed", instance_id="i-1"),
    start("01:10", 2),
    job("restore.succeeded", "01:15", 2, checkpoint_id="c1", duration_seconds=300),
    job("checkpoint.succeeded", "02:06", 2, checkpoint_id="c2", taken_at=at("02:05"), duration_seconds=60),
    job("job.failed", "02:10", 2, exit_code=1),
    start("02:20", 3),
    job("restore.succeeded", "02:25", 3, checkpoint_id="c2", duration_seconds=300),
    job("job.succeeded", "03:00", 3, exit_code=0),
]
"""The second example of section 3: attempt 2 failed, so what was made in it was not saved from Spot."""


def blocks_of(said: dict[str, Any]) -> dict[str, Any]:
    """Of a summary or a row of queues what BLOCKS names."""
    return {
        block: {name: said[block][name] for name in figures if name in said[block]} for block, figures in BLOCKS.items()
    }


def test_the_example_gives_its_figures(door: Door) -> None:
    """docs/definitions.md rounds to four digits; the cost is 2.6667 h × 0.40 and the last figure 1.1167."""
    assert (round(COST, 4), round(ON_DEMAND, 4)) == (1.0667, 1.1167)
    assert door.post(WORKED_EXAMPLE).get_json()["accepted"] == len(WORKED_EXAMPLE)
    summary = door.get("/api/v1/summary")
    assert blocks_of(summary) == BLOCKS
    assert set(summary) == {*BLOCKS, "as_of", "selection", "running", "recosting", "removed"}
    assert summary["as_of"] == "2026-03-31T12:00:00Z"
    assert summary["running"] == {"jobs": 0, "stale_jobs": 0, "cpu_hours": None, "cost_usd": None}
    assert (summary["recosting"], summary["removed"]) == ({"jobs": 0}, {"jobs": 0, "before": None})
    (row,) = door.get("/api/v1/queues")["rows"]
    assert row["key"] == "align"
    assert blocks_of(row) == BLOCKS


def test_work_carried_over_a_failure_is_not_saved_from_spot(door: Door) -> None:
    door.post(SECOND_EXAMPLE)
    summary = door.get("/api/v1/summary")
    values = {name: total["value"] for name, total in summary["engineering"].items()}
    assert (values["saved_seconds"], values["spot_saved_seconds"]) == ((40 + 50) * 60, 40 * 60)
    assert values["lost_seconds"] == (60 - 40) * 60
    assert values["waiting_seconds"] == (10 + 10) * 60
    assert summary["figures"]["saved_cost_usd"]["value"] == pytest.approx(40 / 60 * 0.40, abs=1e-12)
    assert summary["figures"]["saved_cpu_hours"]["value"] == pytest.approx(8 * 40 / 60, abs=1e-12)


def test_jobs_that_wait_to_be_costed_again_are_said(door: Door) -> None:
    door.post(WORKED_EXAMPLE)
    door.services.fold.fold_all()
    door.services.fold.set_pricing(PricingSettings(free_first_hour=False))
    door.services.worker.bump()
    assert door.client.get("/api/v1/summary").get_json()["recosting"] == {"jobs": 1}
    assert door.get("/api/v1/summary")["recosting"] == {"jobs": 0}


@pytest.mark.parametrize("seed", range(effort(5, 2)))
def test_order_repeats_and_batching_change_nothing(door: Door, seed: int) -> None:
    chance = random.Random(seed)
    events = WORKED_EXAMPLE + chance.sample(WORKED_EXAMPLE, 5)
    chance.shuffle(events)
    accepted = 0
    while events:
        size = chance.randint(1, 6)
        batch, events = events[:size], events[size:]
        accepted += door.post(batch).get_json()["accepted"]
        door.services.fold.fold_all()
    assert accepted == len(WORKED_EXAMPLE)
    assert blocks_of(door.get("/api/v1/summary")) == BLOCKS


@pytest.mark.parametrize(
    ("query", "jobs"),
    [
        ("queue=align", 1),
        ("queue=other", 0),
        ("queue=align&queue=other", 1),
        ("from=2026-03-01&to=2026-03-02", 1),
        ("from=2026-03-02", 0),
        ("status=SUCCEEDED&instance_type=m5.2xlarge&purchase_option=spot&q=worked", 1),
    ],
)
def test_filters_choose_it_or_not(door: Door, query: str, jobs: int) -> None:
    door.post(WORKED_EXAMPLE)
    summary = door.get(f"/api/v1/summary?{query}")
    assert summary["figures"]["total_jobs"] == jobs
    assert sum(row["figures"]["total_jobs"] for row in door.get(f"/api/v1/queues?{query}")["rows"]) == jobs
