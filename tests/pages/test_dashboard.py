"""The Dashboard through Dash's callback endpoint."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.domain.errors import Rebuilding, StoreUnavailable
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.units import format_usd
from mmbatch_dash.metrics.summary import Total
from mmbatch_dash.pages.dashboard.first_run import Place, describe_event, describe_import
from mmbatch_dash.pages.dashboard.panels import PANELS
from mmbatch_dash.pages.dashboard.report_menu import build_report_menu
from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.pages.markup import render_markup
from mmbatch_dash.store.projection import Rebuild
from tests.pages.conftest import Browser, dump, text_of
from tests.pages.fakes import (
    AS_OF,
    Dashboard,
    busy_dashboard,
    empty_dashboard,
    kept_aside,
    small_dashboard,
    summarise,
    worked_summary,
)

Browse = Callable[..., Browser]
KEY = {"dashboard-reclaims-key.value": "instance_type"}


def show(browser: Browser, search: str = "", **values: Any) -> dict[str, Any]:
    given = {"shell-location.search": search, "shell-token.data": "1", **KEY, **values}
    return browser.call("dashboard-digests", "data", **given)


def test_one_answer_fills_every_panel(browse: Browse) -> None:
    browser = browse()
    answer = show(browser)
    assert set(PANELS) <= set(answer)
    assert len(browser.reports.asked) == 1


def test_the_cards_show_the_worked_example_with_coverage(browse: Browse) -> None:
    answer = show(browse())
    texts = {name: text_of(answer[f"dashboard-card-{name}"]["children"]) for name in ("cpu_hours", "cost_usd")}
    assert texts["cpu_hours"].startswith("24.0 CPU h")
    assert "50 % known" in texts["cpu_hours"]
    assert texts["cost_usd"].startswith("$1.07 USD")
    assert "50 % priced" in texts["cost_usd"]
    assert "1 of 2 jobs with an ended attempt" in text_of(answer["dashboard-card-cost_usd-note"]["children"])


def test_unknown_is_a_dash_with_its_reason_never_zero(browse: Browse) -> None:
    answer = show(browse(lambda selection: empty_dashboard(selection)))
    card = answer["dashboard-card-cost_usd"]["children"]
    assert text_of(card).startswith("– unknown")
    assert "an ended attempt lacks a time or a rate" in dump(card)


def test_what_did_not_change_is_not_sent_again(browse: Browse) -> None:
    browser = browse()
    digests = show(browser)["dashboard-digests"]["data"]
    again = show(browser, **{"dashboard-digests.data": digests})
    assert set(again) == {"side:shell-problem"}


def test_only_the_panel_that_changed_is_sent(browse: Browse) -> None:
    current = {"jobs": 1}

    def answer(selection: Selection) -> Dashboard:
        made = small_dashboard(selection)
        return replace(made, running=replace(made.running, jobs=current["jobs"]))

    browser = browse(answer)
    digests = show(browser)["dashboard-digests"]["data"]
    current["jobs"] = 2
    again = show(browser, **{"dashboard-digests.data": digests})
    assert set(again) - {"side:shell-problem"} == {"dashboard-digests", "dashboard-running"}


def test_filters_of_the_address_choose_the_jobs(browse: Browse) -> None:
    browser = browse()
    show(browser, "?queue=align&queue=qc&status=FAILED&tz=Europe/Berlin&from=2026-03-01&to=2026-03-02&engineering=1")
    selection, engineering = browser.reports.asked[-1]
    assert selection.queue == ("align", "qc")
    assert selection.status == ("FAILED",)
    assert selection.from_at is not None
    assert selection.from_at.isoformat() == "2026-02-28T23:00:00+00:00"
    assert engineering is True


def test_a_row_of_the_queue_table_leads_to_its_queue_and_keeps_the_other_filters(browse: Browse) -> None:
    answer = show(browse(), "?status=SUCCEEDED&range=30d")
    assert '"href": "/?status=SUCCEEDED&range=30d&queue=align"' in dump(answer["dashboard-queues"])
    assert "queue=%28none%29" in dump(answer["dashboard-queues"])


def test_engineering_mode_adds_its_panel_and_columns(browse: Browse) -> None:
    browser = browse()
    plain, full = show(browser), show(browser, "?engineering=1")
    assert plain["dashboard-engineering"]["children"] is None
    assert "1 min 30 s" in text_of(full["dashboard-engineering"]["children"])
    assert "Net saved work" in text_of(full["dashboard-engineering"]["children"])
    assert "Overhead" not in text_of(plain["dashboard-queues"]["children"])
    assert "Overhead" in text_of(full["dashboard-queues"]["children"])


def test_durations_that_were_not_read_do_no_harm(browse: Browse) -> None:
    answer = show(browse(lambda selection: replace(small_dashboard(selection), durations=None)), "?engineering=1")
    assert "Checkpoints" in text_of(answer["dashboard-engineering"]["children"])


def test_a_range_has_a_previous_period_and_all_time_says_it_has_none(browse: Browse) -> None:
    browser = browse(busy_dashboard)
    assert "vs previous 30 days" in text_of(show(browser)["dashboard-card-total_jobs"]["children"])
    assert "no earlier period" in text_of(show(browser, "?range=all")["dashboard-card-total_jobs"]["children"])


def test_hardly_anything_before_is_named_and_not_compared_with(browse: Browse) -> None:
    few = show(browse(), "?range=30d")
    assert "2 jobs in the previous 30 days" in text_of(few["dashboard-card-total_jobs"]["children"])

    def jumped(selection: Selection) -> Dashboard:
        made = busy_dashboard(selection)
        before = replace(made.summary, figures={**made.summary.figures, "saved_cost_usd": Total(0.31, 1.0)})
        return replace(made, previous=before)

    card = text_of(show(browse(jumped), "?range=30d")["dashboard-card-saved_cost_usd"]["children"])
    assert "$0.31 in the previous 30 days" in card
    assert "×" not in card


def test_dollars_saved_stand_beside_their_share_and_on_demand_beside_its_net_figure(browse: Browse) -> None:
    answer = show(browse(lambda selection: replace(small_dashboard(selection), summary=worked_summary(selection))))
    assert "37.3 % of the cost without restores" in text_of(answer["dashboard-card-saved_cost_usd"]["children"])
    on_demand = text_of(answer["dashboard-card-on_demand_savings_usd"]["children"])
    assert "60.0 % below on-demand" in on_demand
    assert "Net of repeated work:  $1.12" in on_demand


def test_what_cost_more_than_on_demand_is_said_to_lie_above_it(browse: Browse) -> None:
    def dearer(selection: Selection) -> Any:
        made = worked_summary(selection)
        figures = {**made.figures, "on_demand_savings_usd": replace(made.figures["cost_usd"], value=-1.0)}
        return replace(small_dashboard(selection), summary=replace(made, figures=figures))

    answer = show(browse(dearer))
    assert "1,499.3 % above on-demand" in text_of(answer["dashboard-card-on_demand_savings_usd"]["children"])


def test_a_share_over_jobs_that_are_not_all_priced_says_about(browse: Browse) -> None:
    answer = show(browse())
    assert "about 60.0 % below on-demand" in text_of(answer["dashboard-card-on_demand_savings_usd"]["children"])


def test_the_page_is_told_in_one_sentence(browse: Browse) -> None:
    answer = show(browse(lambda selection: replace(small_dashboard(selection), summary=worked_summary(selection))))
    assert text_of(answer["dashboard-sentence"]["children"]) == (
        "Last 30 days: 1 job cost $1.07, 60.0 % below on-demand; "
        "2 of 2 reclaims of protected jobs were survived, worth $0.63."
    )
    partly = text_of(show(browse(), "?range=all")["dashboard-sentence"]["children"])
    assert partly.startswith("All time: 2 jobs cost at least $1.07 (50 % of them priced), about 60.0 % below on-demand")


def test_what_is_unknown_is_said_to_be_in_the_sentence(browse: Browse) -> None:
    def unpriced(selection: Selection) -> Dashboard:
        made = small_dashboard(selection)
        return replace(made, summary=summarise(made.queues[made.queues["key"].isna()], selection))

    said = text_of(show(browse(unpriced))["dashboard-sentence"]["children"])
    assert said == "Last 30 days: 1 job whose cost is unknown; nothing was reclaimed."
    empty = show(browse(lambda selection: empty_dashboard(selection)), "?range=month")
    assert text_of(empty["dashboard-sentence"]["children"]) == "This month: no job."


def test_marks_lead_to_the_page_they_are_about(browse: Browse) -> None:
    browser = browse(lambda selection: replace(small_dashboard(selection), shared_instance_jobs=7))
    browser.rejects.rows = kept_aside(322)
    marks = show(browser)["dashboard-marks"]["children"]
    assert "322 entries in quarantine" in text_of(marks)
    assert '"href": "/admin/quarantine"' in dump(marks)
    assert "7 jobs on shared instances" in text_of(marks)
    assert show(browse())["dashboard-marks"]["children"] == []
    browser.reports.fresh = replace(browser.reports.fresh, rebuild=Rebuild(share=0.43, shown_at=None))
    marks = show(browser, "?range=all")["dashboard-marks"]["children"]
    assert "Tables being made anew, 43%" in text_of(marks)
    assert '"href": "/admin/storage"' in dump(marks)


@pytest.mark.parametrize("by", ["queue", "user", "tag:project", "instance_type", "definition"])
def test_where_it_goes_ends_with_the_headline_and_leads_to_the_jobs(browse: Browse, by: str) -> None:
    browser = browse(busy_dashboard)
    given = {"shell-location.search": "?range=all&status=FAILED", "dashboard-where-by.value": by}
    answer = browser.call("dashboard-where", "children", **given)
    table = answer["dashboard-where"]["children"]
    last = text_of(table).rsplit("All", 1)[1]
    cost = show(browser, "?range=all&status=FAILED")["dashboard-card-cost_usd"]["children"]
    assert re.search(r"\$[\d,.]+", last)[0] == re.search(r"\$[\d,.]+", text_of(cost))[0]
    chosen = "tag=project%3Aml-training" if by == "tag:project" else f"{by}=ml-training"
    assert f'"href": "/jobs?range=all&status=FAILED&{chosen}"' in dump(table)
    assert {"label": "Tag project", "value": "tag:project"} in answer["dashboard-where-by"]["options"]


def test_an_empty_store_explains_the_first_event_with_this_servers_address(browse: Browse) -> None:
    answer = show(browse(lambda selection: empty_dashboard(selection, empty_store=True)))
    text = text_of(answer["dashboard-first-run"]["children"])
    assert "curl -X POST http://localhost/api/v1/events" in text
    assert "make demo" in text
    assert "TOKEN" not in text
    event = json.loads(text.split("-d '")[1].split("'")[0])
    assert event["type"] == "mmbatch.job.submitted"
    lines = text.split("<<'END'\n")[1].split("\nEND")[0].splitlines()
    assert [json.loads(line)["type"] for line in lines][-1] == "mmbatch.job.succeeded"


def test_where_a_login_is_on_the_first_steps_make_a_token_of_their_own() -> None:
    place = Place("https://dash.example.org", Path("/srv/mmbatch data"), asks_for_token=True, now=AS_OF)
    for said in (describe_event(place), describe_import(place)):
        assert "token create first-steps --right ingest --expires 30m --data-dir '/srv/mmbatch data'" in said
        assert '-H "Authorization: Bearer $TOKEN"' in said
        assert "https://dash.example.org/api/v1/" in said


def test_filters_that_leave_nothing_offer_to_be_cleared(browse: Browse) -> None:
    answer = show(browse(lambda selection: empty_dashboard(selection)), "?queue=none-such&tz=Asia/Tokyo")
    assert answer["dashboard-first-run"]["children"] is None
    assert "No job fits these filters" in text_of(answer["dashboard-notice"]["children"])
    assert '"href": "/?tz=Asia%2FTokyo&range=all"' in dump(answer["dashboard-notice"])


def test_a_month_without_a_job_leads_to_all_time(browse: Browse) -> None:
    notice = show(browse(lambda selection: empty_dashboard(selection)))["dashboard-notice"]
    assert "No job was submitted in the last 30 days" in text_of(notice["children"])
    assert '"href": "/?range=all"' in dump(notice)


def test_a_bad_filter_is_left_out_and_the_figures_are_still_shown(browse: Browse) -> None:
    browser = browse()
    answer = show(browser, "?status=NOPE&queue=align")
    assert browser.reports.asked[-1][0].queue == ("align",)
    assert browser.reports.asked[-1][0].status == ()
    assert "dashboard-card-total_jobs" in answer


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (StoreUnavailable("The store is being rebuilt; try again in a minute."), "being rebuilt"),
        (RuntimeError("secret internals"), "The server could not answer"),
    ],
)
def test_an_error_keeps_the_last_good_data_and_shows_a_request_id(browse: Browse, error: Exception, shown: str) -> None:
    def fail(_selection: Selection) -> Dashboard:
        raise error

    answer = show(browse(fail))
    panels = [name for name in answer if not name.startswith("side:")]
    problem = text_of(answer["side:shell-problem"]["children"])
    assert panels == []
    assert shown in problem
    assert "Request" in problem
    assert "secret" not in problem


def test_tables_that_are_being_made_anew_are_waited_for_and_called_no_fault(browse: Browse) -> None:
    def wait(_selection: Selection) -> Dashboard:
        raise Rebuilding("The tables are being made anew; until then there are no figures.")

    said = text_of(show(browse(wait))["side:shell-problem"]["children"])
    assert "The figures are on their way." in said
    assert "This page fills by itself." in said
    assert "last good state" not in said


def test_success_clears_the_problem(browse: Browse) -> None:
    assert show(browse())["side:shell-problem"]["children"] is None


def test_totals_with_assumed_prices_are_marked(browse: Browse) -> None:
    answer = show(browse(busy_dashboard))
    assert "~ assumed" in text_of(answer["dashboard-card-cost_usd"]["children"])
    assert "~ assumed" not in text_of(answer["dashboard-card-cpu_hours"]["children"])
    assert "4 % of instance hours" in text_of(answer["dashboard-card-cost_usd-note"]["children"])
    assert "pricing.attribution" in text_of(answer["dashboard-card-cost_usd-note"]["children"])


@pytest.mark.parametrize("panel", ["cost", "protections", "hours", "reclaims", "queues"])
def test_every_chart_has_its_data_as_csv(browse: Browse, panel: str) -> None:
    browser = browse()
    button = f"dashboard-{panel}-csv.n_clicks"
    answer = browser.call("dashboard-download", "data", **{button: 1, "shell-location.search": "?range=30d"})
    download = answer["dashboard-download"]["data"]
    assert download["filename"].endswith(".csv")
    assert len(download["content"].splitlines()) >= 2


def test_the_queue_download_holds_the_columns_of_the_frame(browse: Browse) -> None:
    browser = browse()
    answer = browser.call("dashboard-download", "data", **{"dashboard-queues-csv.n_clicks": 1})
    head, first, second = answer["dashboard-download"]["data"]["content"].splitlines()
    assert head.startswith("queue,jobs,completed_jobs")
    assert first.startswith("align,1,1")
    assert second.startswith("(none),1,1")


def test_the_address_puts_money_and_hours_where_they_were_incurred(browse: Browse) -> None:
    browser = browse()
    by_job, incurred = show(browser, "?queue=align"), show(browser, "?queue=align&bucket=incurred")
    (selection,) = browser.reports.asked_incurred
    assert selection.queue == ("align",)
    first = [answer["dashboard-cost"]["figure"]["data"][0]["x"][0] for answer in (by_job, incurred)]
    assert first == ["2026-03-30T00:00:00", "2026-03-31T00:00:00"]
    hours = [answer["dashboard-hours"]["figure"]["data"][0]["x"][0] for answer in (by_job, incurred)]
    assert hours == first
    assert incurred["dashboard-cost"]["figure"]["layout"]["yaxis"]["title"]["text"] == "USD incurred per day"
    assert "By when jobs were submitted" in by_job["dashboard-cost-lead"]["children"]
    assert "Spread over the time attempts ran" in incurred["dashboard-cost-lead"]["children"]
    assert "spread over that runtime" in incurred["dashboard-hours-lead"]["children"]


def test_text_bars_and_download_as_incurred_have_the_sums_of_the_headline(browse: Browse) -> None:
    browser = browse(busy_dashboard)
    answer = show(browser, "?bucket=incurred")
    headline = {name: total.value for name, total in busy_dashboard(Selection()).summary.figures.items()}
    assert headline["cost_usd"]
    text = answer["dashboard-cost-text"]["children"]
    assert f"paid {format_usd(headline['cost_usd'])}" in text
    untimed = re.search(r"Without a time, so not drawn: paid \$([\d,.]+)", answer["dashboard-cost-lead"]["children"])
    assert untimed
    drawn = sum(value or 0 for value in answer["dashboard-cost"]["figure"]["data"][0]["y"])
    assert drawn + float(untimed[1].replace(",", "")) == pytest.approx(headline["cost_usd"], abs=1)
    for panel, name in (("cost", "cost_usd"), ("cost", "saved_cost_usd"), ("hours", "cpu_hours")):
        given = {f"dashboard-{panel}-csv.n_clicks": 1, "shell-location.search": "?bucket=incurred"}
        file = browser.call("dashboard-download", "data", **given)["dashboard-download"]["data"]
        rows = list(csv.DictReader(io.StringIO(file["content"])))
        assert "-incurred-" in file["filename"]
        assert sum(float(row[name] or 0) for row in rows) == pytest.approx(headline[name])
        assert any(row["bucket_start"] == "" for row in rows)


def test_a_bucket_that_does_not_exist_is_left_out(browse: Browse) -> None:
    browser = browse()
    assert "By when jobs were submitted" in show(browser, "?bucket=sideways")["dashboard-cost-lead"]["children"]
    assert browser.reports.asked_incurred == []


def test_engineering_may_be_the_default_and_the_address_can_switch_it_off(browse: Browse) -> None:
    browser = browse(defaults=PageDefaults(engineering=True, timezone="Europe/Berlin"))
    show(browser)
    show(browser, "?engineering=0")
    assert [engineering for _, engineering in browser.reports.asked] == [True, False]
    assert browser.reports.asked[0][0].tz == "Europe/Berlin"


def test_charts_carry_a_sentence_for_those_who_do_not_see_them(browse: Browse) -> None:
    answer = show(browse())
    for panel in ("cost", "protections", "hours", "reclaims"):
        assert len(answer[f"dashboard-{panel}-text"]["children"]) > 20


def test_the_report_of_each_month_of_a_year_is_a_click_away() -> None:
    text = render_markup(build_report_menu(datetime(2026, 3, 31, 23, tzinfo=UTC)))
    months = re.findall(r"report\.pdf\?month=([\d-]+)", text)
    assert (months[0], months[1], months[-1], len(months)) == ("2026-03", "2026-02", "2025-03", 13)
    assert "March 2026, so far" in text
