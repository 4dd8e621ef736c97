"""What the Configuration page says of asking AWS."""

from zoneinfo import ZoneInfo

from mmbatch_dash.pages.configuration.aws_state import OFF, build_state
from mmbatch_dash.services.aws.state import AccountState, SyncState

BERLIN = ZoneInfo("Europe/Berlin")


def text_of(component: object) -> str:
    children = getattr(component, "children", component)
    if isinstance(children, list | tuple):
        return " ".join(text_of(child) for child in children)
    return "" if children is None else text_of(children) if hasattr(children, "children") else str(children)


def test_an_account_shows_last_success_last_error_and_next_try_in_the_readers_zone() -> None:
    account = AccountState(
        last_success="2026-03-01T12:00:00Z",
        last_error="throttled",
        last_error_at="2026-03-01T12:05:00Z",
        next_try="2026-03-01T12:06:00Z",
        errors={"jobs": "AWS asks for fewer requests; it is tried again by itself."},
        counts={"jobs": 1200},
    )
    described = SyncState(accounts={"prod@us-east-1": account}).as_dict(running=False, every_seconds=300)
    shown = " ".join(text_of(component) for component in build_state(described, BERLIN))
    for expected in ("Every 300 s.", "prod@us-east-1", "2026-03-01 13:00:00 CET", "13:05:00 CET", "13:06:00 CET"):
        assert expected in shown
    assert "fewer requests" in shown
    assert "jobs 1,200" in shown


def test_where_nothing_was_asked_the_panel_says_how_to_begin() -> None:
    described = SyncState().as_dict(running=False, every_seconds=0)
    assert [text_of(component) for component in build_state(described, BERLIN)] == [OFF]
