"""The page of one job through Dash's callback endpoint."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mmbatch_dash.pages.jobs.detail_panels import PANELS
from mmbatch_dash.pages.jobs.ways_out import build_log_links
from mmbatch_dash.services.jobs import EventPage
from tests.pages.conftest import Browser, dump, text_of
from tests.pages.fake_jobs import (
    SUBMITTED,
    FakeJobs,
    attempt_row,
    checkpoint_row,
    detail_of,
    job_row,
    restore_row,
    worked_row,
)

Browse = Callable[..., Browser]
HOSTILE = "<script>alert(1)</script>=cmd|'/c calc'!A1\n\u202eright"


def later(minutes: float) -> Any:
    return SUBMITTED + timedelta(minutes=minutes)


RATES = {
    "usd_per_hour": 0.4,
    "rate_source": "spot_history",
    "price_at": later(-30),
    "purchase_option": "spot",
    "on_demand_usd_per_hour": 1.0,
    "on_demand_source": "price_list",
    "on_demand_price_at": later(-9000),
}


def worked_detail(**given: Any) -> Any:
    attempts = [
        attempt_row(1, later(0), later(60), "reclaimed", outcome="succeeded", cost_usd=0.4, **RATES),
        attempt_row(2, later(65), later(125), "reclaimed", outcome="succeeded", cost_usd=0.4, **RATES),
        attempt_row(3, later(140), later(180), "completed", cost_usd=0.266667, exit_code=0, **RATES),
    ]
    return detail_of(
        {**worked_row(), **given.pop("job", {})},
        attempts=given.pop("attempts", attempts),
        checkpoints=[
            checkpoint_row(1, later(45), checkpoint_id="c1"),
            checkpoint_row(2, later(120), checkpoint_id="c2"),
        ],
        restores=[restore_row(2, later(65), later(70), "c1", 1), restore_row(3, later(140), later(144), "c2", 2)],
        **given,
    )


def show(browser: Browser, job_id: str = "worked", search: str = "", **values: Any) -> dict[str, Any]:
    given = {"job-wanted.data": job_id, "shell-location.search": search, "shell-token.data": "1", **values}
    return browser.call("job-digests", "data", **given)


def tell(browser: Browser, **values: Any) -> dict[str, Any]:
    return browser.call("job-events", "children", **{"job-wanted.data": "worked", **values})


def with_job(browse: Browse, detail: Any, job_id: str = "worked") -> Browser:
    return browse(jobs=FakeJobs(details={job_id: detail}))


def test_one_answer_fills_every_panel(browse: Browse) -> None:
    answer = show(with_job(browse, worked_detail()))
    assert set(PANELS) <= set(answer)
    assert answer["job-body"]["hidden"] is False


def test_each_figure_says_how_it_was_computed_with_this_jobs_numbers(browse: Browse) -> None:
    text = text_of(show(with_job(browse, worked_detail()))["job-figures"]["children"])
    assert "3,600 / 3600 × 0.4 + 3,600 / 3600 × 0.4 + 2,400 / 3600 × 0.4 = 1.066667 USD" in text
    assert "5,700 / 3600 × 8 = 12.6667 h" in text
    assert "Σ over ended attempts of run time / 3600 × paid rate" in text
    assert "spot price history, mean over the attempt" in text
    assert "price list" in text
    assert "2026-03-01 12:30 UTC" in text


def test_one_sentence_says_where_the_time_went(browse: Browse) -> None:
    head = text_of(show(with_job(browse, worked_detail()))["job-head"]["children"])
    assert "2 h 40 min running" in head
    assert "25 min of work lost to 2 reclaims; 1 h 35 min carried over." in head


def test_ids_of_batch_lead_to_the_console_of_their_region_and_others_nowhere(browse: Browse) -> None:
    batch_id = "0b9c4ad1-7f5e-4d0a-9a55-3f1f6f1f0c11:3"
    detail = worked_detail(job={"job_id": batch_id})
    shown = dump(show(with_job(browse, detail, batch_id), batch_id)["job-head"]["children"])
    assert "https://us-east-1.console.aws.amazon.com/batch/home?region=us-east-1#jobs/detail/0b9c4ad1" in shown
    assert "console.aws" not in dump(show(with_job(browse, worked_detail()))["job-head"]["children"])


def test_an_unknown_figure_says_why(browse: Browse) -> None:
    bare = [attempt_row(1, later(0), later(60), "completed")]
    detail = detail_of(job_row("bare", status="SUCCEEDED", attempts=1), attempts=bare)
    text = text_of(show(with_job(browse, detail, "bare"), "bare")["job-figures"]["children"])
    assert "unknown: nothing says whether attempt 1 ran on spot or on-demand" in text
    assert "$0.00" not in text


def test_the_tables_hold_attempts_checkpoints_and_restores(browse: Browse) -> None:
    answer = show(with_job(browse, worked_detail()))
    attempts = text_of(answer["job-attempts"]["children"])
    assert attempts.count("Reclaimed") == 2
    assert "exit code 0" in attempts
    assert "3 attempts" in attempts
    assert "2 restores" in text_of(answer["job-checkpoints"]["children"])
    assert "2 checkpoints" in text_of(answer["job-checkpoints"]["children"])


def test_an_unknown_id_gets_a_page_that_helps(browse: Browse) -> None:
    answer = show(browse(), "nobody", "?queue=align")
    text = text_of(answer["job-missing"]["children"])
    assert "There is no such job" in text
    assert "nobody" in text
    assert answer["job-body"]["hidden"] is True
    assert '"href": "/jobs?queue=align"' in dump(answer["job-missing"])


def test_a_parent_links_its_jobs_and_a_child_its_parent(browse: Browse) -> None:
    child = dict.fromkeys(("phase", "started_at", "completed_at")) | {
        "job_id": "arr:0", "name": "x", "status": "SUCCEEDED", "submitted_at": SUBMITTED, "attempts": 1,
    }  # fmt: skip
    parent = detail_of(job_row("arr", is_parent=True), children=[child], children_total=2000)
    family = show(with_job(browse, parent, "arr"), "arr")["job-family"]["children"]
    assert "Holds 2,000 jobs and counts in no figure itself: of the first 1, 1 succeeded." in text_of(family)
    assert '"href": "/jobs/arr%3A0"' in dump(family)
    assert '"className": "panel holds-jobs"' in dump(family)
    own = detail_of(job_row("arr:0", parent_id="arr"), parent={**child, "job_id": "arr", "name": "the array"})
    family = show(with_job(browse, own, "arr:0"), "arr:0")["job-family"]["children"]
    assert '"href": "/jobs/arr"' in dump(family)
    assert "the array" in text_of(family)
    assert "holds-jobs" not in dump(family)


def test_open_work_of_a_running_job_stands_first(browse: Browse) -> None:
    base = worked_detail(job={"status": "RUNNING"})
    running = {"running_cost_usd": base.figures["cost_usd"]}
    text = text_of(show(with_job(browse, worked_detail(running=running)))["job-figures"]["children"])
    assert text.strip().startswith("Cost so far of the open attempt")


def test_what_did_not_change_is_not_sent_again(browse: Browse) -> None:
    browser = with_job(browse, worked_detail())
    digests = show(browser)["job-digests"]["data"]
    assert set(show(browser, **{"job-digests.data": digests})) == {"side:shell-problem"}


def test_hostile_texts_stay_texts_and_are_cut(browse: Browse) -> None:
    job = dict.fromkeys(("name", "user", "queue", "status_reason", "definition"), HOSTILE + "z" * 10000)
    detail = worked_detail(job={**job, "tags": {HOSTILE: HOSTILE}})
    answer = show(with_job(browse, detail))
    wire = dump(answer)
    assert "z" * 2001 not in wire
    assert "dangerously" not in wire
    assert HOSTILE.split("=")[0] in text_of(answer["job-head"]["children"])


def test_events_open_to_their_json_and_page_back(browse: Browse) -> None:
    event = {
        "position": 1, "happened_at": "2026-03-01T13:00:00+00:00", "received_at": "2026-03-01T13:00:01+00:00",
        "source": "/fleet", "id": "e1", "kind": 3, "type": "mmbatch.job.started", "facts": [],
        "raw": {"data": {"name": HOSTILE}},
    }  # fmt: skip
    jobs = FakeJobs(said={"worked": EventPage([event], 120, 51)})
    answer = tell(browse(jobs=jobs), **{"shell-location.search": "?tz=Asia/Tokyo", "job-skipped.data": 50})
    text = text_of(answer["job-events"]["children"])
    assert "70 to 70 of 120" in text
    assert "2026-03-01 22:00:00 JST" in text
    assert "mmbatch.job.started" in text
    assert '"name": "<script>' in text
    assert answer["job-older"]["hidden"] is False
    assert answer["job-latest"]["hidden"] is False


def test_an_event_leads_to_the_log_streams_that_it_names() -> None:
    [native] = build_log_links({"data": {"log_stream": "align/default/01ab", "availability_zone": "us-east-1a"}})
    assert str(native.href).endswith("/log-group/$252Faws$252Fbatch$252Fjob/log-events/align$252Fdefault$252F01ab")
    assert "region=us-east-1#" in str(native.href)
    container = {
        "logStreamName": "own/default/2",
        "logConfiguration": {"options": {"awslogs-group": "own"}},
    }
    attempts = [{"container": {"logStreamName": f"own/default/{number}"}} for number in (1, 2)]
    detail = {"container": container, "attempts": attempts}
    told = [link.title for link in build_log_links({"region": "eu-west-1", "detail": detail})]
    assert told == ["own/default/2", "own/default/1"]
    described = {"jobArn": "arn:aws:batch:eu-west-1:1:job/x", "container": container}
    assert ["/log-group/own/log-events/" in str(link.href) for link in build_log_links(described)] == [True]
    for silent in (None, "not JSON", [], {"data": {"log_stream": "s"}}, {"region": "../x", "detail": detail}):
        assert build_log_links(silent) == []


def test_a_job_of_which_nothing_was_said_says_so(browse: Browse) -> None:
    answer = tell(browse(jobs=FakeJobs(said={"worked": EventPage([], 0, None)})))
    assert "Nothing was said of this job" in text_of(answer["job-events"]["children"])
    assert answer["job-older"]["hidden"] is True
