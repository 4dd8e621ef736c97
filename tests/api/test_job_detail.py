"""GET /api/v1/jobs/{id}: one job whole, and how each of its figures was computed."""

import pytest

from tests.api.conftest import Server, event, worked_example


@pytest.fixture
def told(server: Server) -> Server:
    server.send(worked_example())
    return server


def test_figures_of_the_worked_example_come_with_the_formula_in_numbers(told: Server) -> None:
    figures = told.get("/api/v1/jobs/job-1")["figures"]
    assert figures["cpu_hours"]["computed"] == "8 × 10,800 / 3600 = 24 h"
    assert figures["instance_hours"]["computed"] == "(3,600 + 3,600 + 2,400) / 3600 = 2.666667 h"
    assert figures["cost_usd"]["computed"] == (
        "3,600 / 3600 × 0.4 + 3,600 / 3600 × 0.4 + 2,400 / 3600 × 0.4 = 1.066667 USD"
    )
    assert figures["saved_cost_usd"]["computed"] == "5,700 / 3600 × 0.4 = 0.633333 USD"
    assert figures["lost_seconds"]["computed"] == "max(0, 3,600 − 2,700) + max(0, 3,600 − 3,000) = 1,500 s"
    assert figures["overhead_seconds"]["computed"] == "(60 + 60) + (300 + 240) = 660 s"
    assert (
        figures["on_demand_net_savings_usd"]["computed"] == "1 × (5,700 + 2,400 − 240) / 3600 − 1.066667 = 1.116667 USD"
    )
    assert {name for name, figure in figures.items() if figure["value"] is None} == {"gpu_hours"}


def test_the_chain_of_restores_adds_up_to_what_was_saved(told: Server) -> None:
    figure = told.get("/api/v1/jobs/job-1")["figures"]["saved_seconds"]
    assert figure["value"] == 45 * 60 + 50 * 60
    assert [(s["into_attempt"], s["from_attempt"], s["carried_seconds"]) for s in figure["inputs"]["steps"]] == [
        (3, 2, 3000),
        (2, 1, 2700),
    ]


def test_each_rate_says_where_it_came_from_and_from_when(told: Server) -> None:
    rates = told.get("/api/v1/jobs/job-1")["figures"]["cost_usd"]["rates"]
    assert [(rate["attempt"], rate["usd_per_hour"], rate["source"]) for rate in rates] == [
        (1, 0.4, "reported"), (2, 0.4, "reported"), (3, 0.4, "reported"),
    ]  # fmt: skip
    assert {rate["on_demand_price_at"] for rate in rates} == {"2026-03-01T00:00:00Z"}


def test_it_holds_attempts_checkpoints_restores_and_events_as_received(told: Server) -> None:
    job = told.get("/api/v1/jobs/job-1")
    assert [(a["attempt"], a["end_reason"], a["outcome"]) for a in job["attempts"]] == [
        (1, "reclaimed", "succeeded"), (2, "reclaimed", "succeeded"), (3, "completed", None),
    ]  # fmt: skip
    assert [c["checkpoint_id"] for c in job["checkpoints"]] == ["c1", "c2"]
    assert [(r["attempt"], r["checkpoint_attempt"]) for r in job["restores"]] == [(2, 1), (3, 2)]
    sent = [said for said in worked_example() if said["data"].get("job_id")]
    assert job["events_total"] == len(sent)
    assert [said["raw"]["id"] for said in job["events"]] == [said["id"] for said in sent]
    assert job["events"][-1]["raw"]["data"] == sent[-1]["data"]


def test_events_page_from_the_newest_back_to_the_first(told: Server) -> None:
    ids: list[str] = []
    skip: int | None = 0
    while skip is not None:
        page = told.get("/api/v1/jobs/job-1/events", limit=4, skip_latest=skip)
        ids = [row["id"] for row in page["rows"]] + ids
        skip = page["skip_latest"]
    assert ids == [said["id"] for said in worked_example() if said["data"].get("job_id")]


def test_a_reclaim_notice_of_its_instance_is_among_its_events(told: Server) -> None:
    told.send([event("instance.reclaim_notice", 58, instance_id="i-0000000000000001", kind="interruption")])
    job = told.get("/api/v1/jobs/job-1")
    assert [notice["notice_kind"] for notice in job["reclaim_notices"]] == ["interruption"]
    assert "mmbatch.instance.reclaim_notice" in {said["type"] for said in job["events"]}


def test_every_unknown_figure_says_why(server: Server) -> None:
    server.send([event("job.submitted", 0, job_id="bare"), event("job.started", 5, job_id="bare", attempt=1)])
    job = server.get("/api/v1/jobs/bare")
    reasons = {name: figure["unknown_because"] for name, figure in job["figures"].items() if figure["value"] is None}
    assert reasons["runtime_seconds"] == "the job has not ended"
    assert reasons["cost_usd"] == "no attempt has ended"
    assert all(reasons.values())
    assert job["running"]["running_cpu_hours"]["unknown_because"] == "vcpus is unknown"


def test_all_figures_of_a_forgetful_fleet_are_explained_or_excused(fleet: Server) -> None:
    for row in fleet.get("/api/v1/jobs", limit=1000)["rows"]:
        for name, figure in fleet.get(f"/api/v1/jobs/{row['job_id']}")["figures"].items():
            assert (figure["value"] is None) == bool(figure["unknown_because"]), (row["job_id"], name)
            assert (figure["value"] is None) != bool(figure["computed"]), (row["job_id"], name)
            assert figure["value"] == row[name], (row["job_id"], name)


def test_parents_and_children_name_each_other(server: Server) -> None:
    server.send([event("job.submitted", n, job_id=f"array:{n}", parent_id="array") for n in range(3)])
    server.send([event("job.submitted", 0, job_id="array", name="whole")])
    parent = server.get("/api/v1/jobs/array")
    assert parent["is_parent"] is True
    assert [child["job_id"] for child in parent["children"]] == ["array:0", "array:1", "array:2"]
    assert server.get("/api/v1/jobs/array:1")["parent"]["name"] == "whole"
    assert server.get("/api/v1/summary")["figures"]["total_jobs"] == 3


@pytest.mark.parametrize("path", ["/api/v1/jobs/nope", "/api/v1/jobs/nope/events", "/api/v1/jobs/a/b"])
def test_an_unknown_job_is_a_helpful_404(fleet: Server, path: str) -> None:
    body = fleet.get(path, 404)
    assert body["statusCode"] == 404
    assert body["message"].startswith("There is no job ")
    assert "/api/v1/jobs" in body["message"]
