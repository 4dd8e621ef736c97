"""Replays: the identity, a second program that knows nothing of the first, and draws that fit the formulas."""

import gzip
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.demo import DEFAULT_SCENARIO, simulate
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.insight.billed import billed_without_checkpoints, expected_billed
from mmbatch_dash.insight.replay import Attempts, Cancelled, replay
from mmbatch_dash.insight.running import Jobs
from tests.api.conftest import NOW, Server
from tests.insight.conftest import in_process
from tests.insight.test_insight_api import placed
from tests.reference.hard_worlds import build_hard_world
from tests.reference.replays import Told, run_job

SECONDS = st.floats(1, 20_000).map(lambda seconds: round(seconds, 1))
TOLD = st.builds(
    Told,
    work=SECONDS,
    checkpoint=st.sampled_from([5.0, 30.0, 119.0, 200.0]),
    restore=st.sampled_from([0.0, 10.0, 90.0]),
    attempts=st.lists(st.tuples(SECONDS, st.sampled_from([0.0, 0.4, 1.0]), st.booleans()), min_size=1, max_size=5),
    vcpus=st.sampled_from([1.0, 8.0]),
)


def arrays(told: list[Told], interval: float, reclaims_per_second: float = 0.0) -> tuple[Attempts, Jobs]:
    rows = [(place, *attempt) for place, job in enumerate(told) for attempt in job.attempts]
    job, seconds, usd, reclaimed = (np.array(column) for column in zip(*rows, strict=True))
    count = len(told)

    def each(name: str) -> Any:
        return np.array([getattr(one, name) for one in told], dtype=float)

    last = np.array([one.attempts[-1][1] for one in told])
    return Attempts(job, seconds.astype(float), usd.astype(float), reclaimed.astype(bool)), Jobs(
        work=each("work"),
        checkpoint=each("checkpoint"),
        restore=each("restore"),
        interval=np.full(count, interval),
        usd_per_hour=last,
        on_demand_usd_per_hour=np.full(count, 2.0),
        reclaims_per_second=np.full(count, reclaims_per_second),
        vcpus=each("vcpus"),
    )


@settings(max_examples=40)
@given(st.lists(TOLD, min_size=1, max_size=6), st.sampled_from([60.0, 900.0, 3600.0, inf]), st.booleans())
def test_every_policy_gives_what_a_second_program_gives(told: list[Told], interval: float, on_notice: bool) -> None:
    found = replay(*arrays(told, interval), on_notice=on_notice, draws=1).draws
    bills = [run_job(one, interval, on_notice=on_notice) for one in told]
    expected = {
        "cost_usd": sum(bill.cost_usd for bill in bills),
        "instance_hours": sum(bill.billed for bill in bills) / 3600,
        "saved_seconds": sum(bill.saved for bill in bills),
        "overhead_seconds": sum(bill.overhead for bill in bills),
        "saved_cpu_hours": sum(bill.saved * one.vcpus for bill, one in zip(bills, told, strict=True)) / 3600,
        "lost_seconds": sum(b.billed - one.work - b.overhead for b, one in zip(bills, told, strict=True)),
    }
    assert {name: found[name][0] for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_on_demand_is_the_work_alone_at_its_rate() -> None:
    told = [Told(3600.0, 30.0, 60.0, [(1800.0, 0.4, True), (3000.0, 0.4, False)])]
    found = replay(*arrays(told, inf), on_notice=False, on_demand=True).draws
    assert (found["cost_usd"][0], found["instance_hours"][0], found["lost_seconds"][0]) == (2.0, 1.0, 0.0)


@pytest.mark.parametrize("interval", [900.0, inf])
def test_what_is_drawn_fits_the_expected_billed_time(interval: float) -> None:
    # Jobs of which nothing but a moment happened: all the rest is drawn.
    told = [Told(3600.0, 60.0, 0.0, [(1.0, 1.0, False)])] * 500
    found = replay(*arrays(told, interval, 1 / 7200), on_notice=False, draws=40, seed=3).draws
    mean = float(found["instance_hours"].mean()) * 3600 / 500
    if interval == inf:
        expected = float(billed_without_checkpoints(np.array([3600.0]), 0.0, 7200.0)[0])
    else:
        # Of the four stretches the last ends with the job, not with a checkpoint.
        three = expected_billed(2700, interval, 60, 0, 7200)
        expected = three + float(billed_without_checkpoints(np.array([900.0]), 0.0, 7200.0)[0])
    assert mean == pytest.approx(expected, rel=0.01)


def test_the_same_seed_draws_the_same_and_a_cancelled_one_stops() -> None:
    inputs = arrays([Told(36_000.0, 60.0, 5.0, [(600.0, 1.0, False)])] * 5, 900.0, 1 / 7200)
    once, again = (replay(*inputs, on_notice=True, draws=20, seed=4).draws for _ in range(2))
    assert all((once[name] == again[name]).all() for name in once)

    def stop(share: float) -> None:
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        replay(*inputs, on_notice=True, draws=60, progress=stop)


def run_replay(server: Server, **policy: Any) -> dict[str, Any]:
    answer = server.client.post("/api/v1/insight/replay", json=policy)
    assert answer.status_code in (200, 202), answer.text
    told: dict[str, Any] = answer.get_json()
    while "id" in told:
        time.sleep(0.05)
        state = server.get(f"/api/v1/insight/replay/{told['id']}")
        told = state["result"] or told
    return told


def assert_identity(server: Server) -> None:
    """As it happened is what the totals of the summary say."""
    result = run_replay(server, interval="as_happened")
    summary = server.services.reports.summary(Selection()).as_dict()
    told = {**summary["figures"], **summary["engineering"]}
    for name, figure in result["replayed"].items():
        total = told[name]["value"]
        assert figure["median"] == pytest.approx(total or 0.0, rel=1e-6, abs=1e-6), name
        assert result["actual"][name] == pytest.approx(total or 0.0, rel=1e-6, abs=1e-6), name
    assert (result["jobs"], result["draws"]) == (told["total_jobs"], 1)
    assert result["actual"]["cost_usd"] > 0


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A day of many reclaims whose sources are forgetful."""
    with in_process(tmp_path_factory.mktemp("hard"), simulated=True) as server:
        server.send(build_hard_world(11, jobs=110))
        yield server


def test_as_it_happened_is_what_happened(hard: Server) -> None:
    assert_identity(hard)


def test_other_policies_differ_and_come_with_ranges(hard: Server) -> None:
    without = run_replay(hard, interval="none", on_notice=False)
    often = run_replay(hard, interval="5m", on_notice=False)
    assert without["jobs"] == often["jobs"] > 100
    assert often["replayed"]["overhead_seconds"]["median"] > without["replayed"]["overhead_seconds"]["median"]
    for figure in without["replayed"].values():
        assert figure["low"] <= figure["median"] <= figure["high"]


@pytest.mark.parametrize("policy", [{"interval": "soon"}, {"interval": "-5m"}, {"purchase": "free"}, {"when": 1}, []])
def test_what_is_no_policy_is_refused(hard: Server, policy: Any) -> None:
    answer = hard.client.post("/api/v1/insight/replay", json=policy)
    assert answer.status_code == 422


def test_one_can_be_cancelled_and_is_then_gone(hard: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmbatch_dash.services.replays.AT_ONCE_SECONDS", 0.0)
    monkeypatch.setattr("mmbatch_dash.services.replays.DRAWS", 100_000)
    begun = hard.client.post("/api/v1/insight/replay", json={"interval": "5m"})
    assert begun.status_code == 202
    place = f"/api/v1/insight/replay/{begun.get_json()['id']}"
    state = hard.get(place)
    assert state["result"] is None
    assert 0 <= state["progress"] < 1
    assert hard.client.delete(place).status_code == 204
    assert hard.client.get(place).status_code == 404


def test_as_it_happened_is_what_happened_in_the_demo(tmp_path: Path) -> None:
    with in_process(tmp_path, simulated=True) as server:
        server.send(list(simulate(DEFAULT_SCENARIO, seed=3, jobs=60, end_at=NOW)))
        assert_identity(server)


@pytest.mark.parametrize("name", ["world-1", "world-2"])
def test_as_it_happened_is_what_happened_in_the_shared_worlds(tmp_path: Path, shared_data: Path, name: str) -> None:
    lines = gzip.decompress((shared_data / "cases" / f"{name}.ndjson.gz").read_bytes())
    with in_process(tmp_path) as server:
        answer = server.client.post("/api/v1/events", data=lines, content_type="application/x-ndjson")
        assert answer.status_code in (200, 207)
        server.fold()
        assert_identity(server)


def test_a_selection_of_nothing_replays_to_nothing(server: Server) -> None:
    server.send(placed("replayed", "a", "1", 0, 60))
    answer = server.client.post("/api/v1/insight/replay?queue=no-such", json={"interval": "30m"})
    assert answer.get_json()["jobs"] == 0
