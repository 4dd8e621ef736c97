"""The Dashboard's small line says what is wrong and how far a budget is spent."""

from datetime import UTC, datetime

from mmbatch_dash.domain.alerts.budgets import Spent
from mmbatch_dash.domain.alerts.incidents import Incident, State
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.dashboard.standing import read_marks
from tests.pages.fake_alerts import FakeAlerts, FakeMeasure
from tests.pages.fakes import AS_OF, FakeReports, FakeServices, small_dashboard


def test_open_incidents_and_budgets_are_chips_that_lead_to_the_page() -> None:
    incident = Incident("i", "reclaim-wave", "", AS_OF, AS_OF, 7.0, "reclaims 7 in 10 min, over 4")
    spent = Spent("genomics", 100.0, 120.0, datetime(2026, 3, 1, tzinfo=UTC), AS_OF, ())
    services = FakeServices(
        FakeReports(lambda selection, _engineering: small_dashboard(selection)),
        alerts=FakeAlerts(State(open=(incident,))),
        measure=FakeMeasure([spent]),
    )
    marks = read_marks(services, small_dashboard(Selection()))  # type: ignore[arg-type]
    shown = [(mark.said, mark.href, mark.grave) for mark in marks if mark.href == "/alerts"]
    assert shown == [("1 alert", "/alerts", True), ("Budget genomics: $120.00 of $100.00 (120%)", "/alerts", True)]
