"""The report: a dated A4 page and one of detail, with the figures of the summary."""

import re
from collections.abc import Callable

import pytest

from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.figures import FIGURES
from mmbatch_dash.domain.periods import Every, period_of
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.units import format_count, format_figure, format_usd
from mmbatch_dash.services.report.build import build_report, report_of
from mmbatch_dash.services.report.names import on_paper
from tests.api.conftest import NOW, Server, event

MARCH = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T18:30:00Z"}
A4 = (595.28, 841.89)


def pages(pdf: bytes) -> list[tuple[float, float]]:
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    return [(float(wide), float(high)) for wide, high in boxes]


def test_the_report_is_two_pages_of_a4(fleet: Server) -> None:
    answer = fleet.client.get("/api/v1/report.pdf?month=2026-03")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert "report_2026-03.pdf" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"%PDF-")
    assert [pytest.approx(A4, abs=0.1)] * 2 == pages(answer.data)


def test_its_figures_are_those_of_the_summary(fleet: Server) -> None:
    summary = fleet.get("/api/v1/summary", **MARCH)["figures"]
    said = build_report(fleet.services, "2026-03", Selection()).said
    cards = {card["label"]: card["value"] for card in said["cards"]}
    assert cards["Total Jobs"] == format_count(summary["total_jobs"])
    assert cards["Spot Protections"] == format_count(summary["spot_protections"])
    for figure in FIGURES:
        assert cards[figure.label] == format_figure(summary[figure.name]["value"], figure.unit)
    queues = fleet.get("/api/v1/queues", **MARCH)["rows"]
    assert [row[0] for row in said["rows"]] == [row["key"] for row in queues]
    assert [row[3] for row in said["rows"]] == [format_usd(row["figures"]["cost_usd"]["value"]) for row in queues]
    assert said["title"] == "March 2026"
    assert said["made"] == "MMBatch Dash, made 2026-03-02 18:30 UTC"
    assert said["simulated"]


def test_the_pages_are_pictures_with_something_on_them(fleet: Server) -> None:
    first, second = build_report(fleet.services, "2026-03", Selection()).pictures(40)
    assert first.startswith(b"\x89PNG")
    assert second.startswith(b"\x89PNG")
    assert min(len(first), len(second)) > 3000


def test_a_month_without_jobs_and_a_chosen_queue_have_reports_too(fleet: Server, start: Callable[..., Server]) -> None:
    empty = build_report(start().services, "2025-02", Selection())
    assert empty.said["sentence"] == "No jobs."
    assert pages(empty.pdf())[:1] == [pytest.approx(A4, abs=0.1)]
    said = build_report(fleet.services, "", Selection(queue=("align",))).said
    assert [row[0] for row in said["rows"]] == ["align"]
    with pytest.raises(InvalidFilter, match="month: 'soon' is not a month such as 2026-03"):
        build_report(fleet.services, "soon", Selection())


def test_it_says_what_insight_advises_and_what_the_budgets_were(start: Callable[..., Server]) -> None:
    server = start()
    spot = {"instance_type": "m5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "spot"}
    for number in range(6):
        job = {"job_id": f"bare-{number}"}
        server.send(
            [
                event("job.submitted", 0, queue="bare", **job),
                event("job.started", 1, attempt=1, instance_id=f"i-{number:017x}", usd_per_hour=2.0, **job, **spot),
                event("job.interrupted", 91, attempt=1, reason="reclaimed", **job),
                event("job.started", 95, attempt=2, instance_id=f"i-1{number:016x}", usd_per_hour=2.0, **job, **spot),
                event("job.succeeded", 395, attempt=2, **job),
            ]
        )
    server.services.config.apply({"budgets": {"all": {"usdPerMonth": 100}}}, who="test", origin="page")
    report = report_of(server.services, period_of(NOW, Every.WEEKLY).before(), Selection())
    assert report.name == "report_2026-W09.pdf"
    assert (report.said["title"], report.said["noun"]) == ("Week 9 of 2026", "week")
    assert report.said["scope"] == "Jobs by submitted time, 2026-02-23 to 2026-03-01, UTC"
    [advice] = report.said["advice"]
    # Six times an hour and a half at two dollars in a week of seven days, of a month of thirty.
    assert advice.startswith("bare: None of 6 jobs took a checkpoint, and reclaims lost work worth $77.14 a month")
    assert advice.endswith(": switch checkpoints on.")
    assert report.said["budgets"] == ["all: $78.00 of $100.00 (78%)"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("genomics-high-memory-on-demand", "genomics-high-memory-on-demand"),
        ("queue \u202elive\nmore", "queue \ufffdlive\ufffdmore"),
        ("W" * 40, "\u200b".join(("W" * 16, "W" * 16, "W" * 8))),
        ("a b " * 100, f"{'a b ' * 9}a b…"),
    ],
)
def test_a_name_stays_in_its_cell_whatever_it_holds(name: str, shown: str) -> None:
    assert on_paper(name) == shown


def test_hostile_names_leave_two_pages(start: Callable[..., Server]) -> None:
    server = start()
    hostile = '#panic("x") $e^x$ *b* `c` <b>&\\ ' + "W" * 400
    server.send([event("job.submitted", 0, job_id=str(n), queue=f"{n}{hostile}") for n in range(30)])
    report = build_report(server.services, "2026-03", Selection())
    assert len(pages(report.pdf())) == 2
    assert max(len(row[0]) for row in report.said["rows"]) < 50
