"""Charts are pure functions: hand-made frame in, plain figure out."""

import json
import math

import pandas as pd
import pytest

from mmbatch_dash.figures.cost import build_cost_figure, describe_cost, describe_untimed
from mmbatch_dash.figures.export import to_csv
from mmbatch_dash.figures.protections import build_protections_figure, describe_protections
from mmbatch_dash.figures.queues import MAX_SERIES, build_queue_hours_figure, describe_queue_hours, spread_by_queue
from mmbatch_dash.figures.reclaims import MAX_ROWS, ReclaimKey, build_reclaims_figure, describe_reclaims
from mmbatch_dash.figures.sparkline import MAX_COLUMNS, build_sparkline, thin_out

DAY = pd.Timestamp("2026-03-29", tz="Europe/Berlin")
COST_COLUMNS = ["bucket_start", "cost_usd", "saved_cost_usd", "on_demand_savings_usd"]
OUTCOMES = {"succeeded": 8, "failed": 2, "pending": 1, "unprotected": 4}


def cost_frame(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COST_COLUMNS)


def test_costs_and_savings_stand_side_by_side_and_unknown_has_no_bar() -> None:
    figure = build_cost_figure(
        cost_frame((DAY, 1.5, math.nan, 2.0), (DAY + pd.Timedelta(days=1), 0.0, 1.0, 3.0)), "day"
    )
    assert figure["layout"]["barmode"] == "group"
    assert [trace["name"] for trace in figure["data"]] == ["Paid", "Saved by restores", "Saved against on-demand"]
    assert figure["data"][1]["y"] == [None, 1.0]
    assert figure["data"][0]["x"][0] == "2026-03-29T00:00:00"
    json.dumps(figure, allow_nan=False)


def test_jobs_without_a_time_have_no_place_on_the_time_axis() -> None:
    figure = build_cost_figure(cost_frame((DAY, 1.0, 1.0, 1.0), (pd.NaT, 9.0, 9.0, 9.0)), "day")
    assert figure["data"][0]["y"] == [1.0]


@pytest.mark.parametrize("rows", [(), ((DAY, math.nan, math.nan, math.nan),)])
def test_a_cost_chart_without_a_known_value_says_why_it_is_empty(rows: tuple[tuple[object, ...], ...]) -> None:
    figure = build_cost_figure(cost_frame(*rows), "day")
    assert figure["data"] == []
    assert "known price" in figure["layout"]["annotations"][0]["text"]
    assert describe_cost(cost_frame(*rows), "day") == "No cost is known in this selection."


def test_the_cost_sentence_has_the_sums_and_the_peak() -> None:
    text = describe_cost(cost_frame((DAY, 1.5, 0.5, 2.0), (DAY + pd.Timedelta(days=1), 4.0, math.nan, 3.0)), "day")
    assert "paid $5.50, saved by restores $0.50, saved against on-demand $5.00" in text
    assert "2026-03-30: $4.00" in text


def test_what_has_no_time_is_in_the_sums_and_said_to_have_no_bar() -> None:
    frame = cost_frame((DAY, 1.5, 0.5, 2.0), (pd.NaT, 4.0, math.nan, 3.0))
    text = describe_cost(frame, "day", incurred=True)
    assert "by when it was incurred: paid $5.50, saved by restores $0.50, saved against on-demand $5.00" in text
    assert text.endswith("Without a time, so not drawn: paid $4.00, saved against on-demand $3.00.")
    assert describe_untimed(frame.head(1)) == ""
    assert describe_untimed(frame.head(0)) == ""


@pytest.mark.parametrize("incurred", [False, True])
def test_the_axis_says_by_what_money_and_hours_stand(incurred: bool) -> None:
    cost = build_cost_figure(cost_frame((DAY, 1.5, 0.5, 2.0)), "week", incurred=incurred)
    hours = pd.DataFrame({"bucket_start": [DAY], "queue": ["a"], "cpu_hours": [2.0]})
    titles = [
        figure["layout"]["yaxis"]["title"]["text"]
        for figure in (cost, build_queue_hours_figure(hours, "week", incurred=incurred))
    ]
    assert titles == (
        ["USD incurred per week", "CPU hours run per week"] if incurred else ["USD per week", "CPU hours per week"]
    )


def test_each_protection_outcome_is_named_beside_its_colour() -> None:
    bar = build_protections_figure(OUTCOMES)["data"][0]
    assert bar["y"] == ["Succeeded", "Failed", "Pending", "Unprotected"]
    assert bar["x"] == [8, 2, 1, 4]
    assert "53.3 %" in bar["text"][0]
    assert describe_protections(OUTCOMES).endswith("Protection rate 80.0 %.")


def test_no_reclaim_makes_an_empty_protections_chart() -> None:
    nothing = dict.fromkeys(OUTCOMES, 0)
    assert build_protections_figure(nothing)["data"] == []
    assert describe_protections(nothing) == "No attempt of the selected jobs was reclaimed."


def queue_frame(queues: int) -> pd.DataFrame:
    return pd.DataFrame(
        [{"bucket_start": DAY, "queue": f"q{number:02d}", "cpu_hours": 100.0 - number} for number in range(queues)]
    )


def test_at_most_eight_queues_have_a_series_and_the_rest_is_other() -> None:
    spread = spread_by_queue(queue_frame(11))
    assert list(spread.columns) == [f"q{number:02d}" for number in range(MAX_SERIES)] + ["other"]
    assert spread["other"].iloc[0] == 92.0 + 91.0 + 90.0
    assert spread.sum().sum() == queue_frame(11)["cpu_hours"].sum()


def test_jobs_without_a_queue_are_a_series_of_their_own_and_unknown_hours_none() -> None:
    frame = pd.DataFrame(
        [
            {"bucket_start": DAY, "queue": None, "cpu_hours": 2.0},
            {"bucket_start": DAY, "queue": "silent", "cpu_hours": math.nan},
        ]
    )
    assert list(spread_by_queue(frame).columns) == ["(none)"]
    assert describe_queue_hours(frame) == "CPU hours by queue, largest first: (none) 2.0 h."


def test_a_queue_name_with_markup_is_shown_as_text() -> None:
    frame = pd.DataFrame([{"bucket_start": DAY, "queue": "<b>x</b>%{y}", "cpu_hours": 2.0}])
    trace = build_queue_hours_figure(frame, "day")["data"][0]
    assert "<b>" not in trace["name"]
    assert trace["hovertemplate"].count("%{") == 1


def test_no_known_cpu_hours_makes_an_empty_chart() -> None:
    empty = pd.DataFrame({"bucket_start": pd.to_datetime([], utc=True), "queue": [], "cpu_hours": []})
    assert build_queue_hours_figure(empty, "day")["data"] == []


def reclaim_frame(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["hour", "instance_type", "availability_zone", "reclaims"])


def test_reclaims_are_added_up_by_hour_and_type_or_zone() -> None:
    frame = reclaim_frame((1, "c5", "a", 2), (1, "c5", "b", 3), (23, None, "a", 1))
    by_type = build_reclaims_figure(frame, ReclaimKey.INSTANCE_TYPE, "UTC")["data"][0]
    assert by_type["y"] == ["c5", "(none)"]
    assert by_type["z"][0][1] == 5
    assert by_type["z"][1][23] == 1
    by_zone = build_reclaims_figure(frame, ReclaimKey.AVAILABILITY_ZONE, "UTC")["data"][0]
    assert by_zone["z"][by_zone["y"].index("a")][1] == 2
    assert "hour from 01:00 (5)" in describe_reclaims(frame, ReclaimKey.INSTANCE_TYPE)


def test_many_instance_types_end_in_other_and_keep_the_total() -> None:
    frame = reclaim_frame(*((number % 24, f"t{number:02d}", "a", 20 - number) for number in range(MAX_ROWS + 4)))
    heat = build_reclaims_figure(frame, ReclaimKey.INSTANCE_TYPE, "UTC")["data"][0]
    assert len(heat["y"]) == MAX_ROWS + 1
    assert heat["y"][-1] == "other"
    assert sum(map(sum, heat["z"])) == frame["reclaims"].sum()


def test_no_reclaim_makes_an_empty_heat_map() -> None:
    assert build_reclaims_figure(reclaim_frame(), ReclaimKey.INSTANCE_TYPE, "UTC")["data"] == []


def test_a_sparkline_has_a_gap_for_unknown_and_a_hairline_for_zero() -> None:
    polygon = build_sparkline([1.0, math.nan, 0.0, 2.0])
    assert polygon is not None
    assert polygon.count(",") + 1 == 2 + 3 * 4
    assert "96.0%" in polygon


@pytest.mark.parametrize("values", [[], [1.0], [math.nan, math.nan, math.nan], [0.0, 0.0, 0.0]])
def test_too_little_makes_no_sparkline(values: list[float]) -> None:
    assert build_sparkline(values) is None


def test_thinning_out_keeps_the_sum() -> None:
    values = [float(number) for number in range(365)]
    assert len(thin_out(values)) <= MAX_COLUMNS
    assert sum(thin_out(values)) == sum(values)


def test_a_csv_has_offsets_empty_unknowns_and_no_formula() -> None:
    frame = pd.DataFrame({"bucket_start": [DAY, pd.NaT], "queue": ["=cmd()", None], "cost_usd": [-1.5, math.nan]})
    assert to_csv(frame).split("\r\n") == [
        "bucket_start,queue,cost_usd",
        "2026-03-29T00:00:00+01:00,'=cmd(),-1.5",
        ",(none),",
        "",
    ]
