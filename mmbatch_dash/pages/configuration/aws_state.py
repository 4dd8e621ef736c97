"""How asking AWS went: last success, last error and next try of each account."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from mmbatch_dash.domain.identity import for_readers
from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_instant
from mmbatch_dash.pages.configuration.box import build_box
from mmbatch_dash.pages.configuration.ids import ConfigurationId
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.ids import ShellId
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services

TITLES = ("Account", "Last success", "Last error", "Next try", "New entries")
OFF = (
    "Nothing has been asked of AWS. Set aws.syncEvery above, such as 5m, or run `python -m mmbatch_dash sync`; "
    "the policy it needs is in the documentation."
)


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Keeps the panel up to date."""

    @callback(
        app,
        Output(ConfigurationId.AWS_STATE.value, "children"),
        Input(ShellId.TICK.value, "n_intervals"),
        Input(context.location, "search"),
        prevent_initial_call=True,
    )
    @for_readers
    def look(_ticks: Any, search: str | None) -> list[Component]:
        zone = parse_view(search, datetime.now(UTC), context.defaults).selection.zone
        return build_state(services.sync.describe(), zone)


def build_state(described: Mapping[str, Any], zone: ZoneInfo) -> list[Component]:
    """A sentence on how often AWS is asked, and a row an account.

    Args:
        described: the JSON of GET /api/v1/sync.
        zone: of the times shown.
    """
    accounts: Sequence[Mapping[str, Any]] = described["accounts"]
    if not accounts:
        return [html.P(OFF, className="panel-empty")]
    every = described["every_seconds"]
    often = f"Every {every:,.0f} s." if every else "Not by itself: aws.syncEvery is 0s."
    busy = " Asking now." if described["running"] else ""
    head = html.Tr([html.Th(title, scope="col") for title in TITLES])
    table = html.Table(
        [
            html.Caption(often + busy),
            html.Thead(head),
            html.Tbody([_build_account(account, zone) for account in accounts]),
        ],
        className="data-table configuration-table",
    )
    return [build_box(table, "Asking AWS")]


def _build_account(account: Mapping[str, Any], zone: ZoneInfo) -> Component:
    errors = [html.Div([html.Strong(f"▲ {step}: "), sentence]) for step, sentence in account["errors"].items()]
    when = html.Div(_told(account["last_error_at"], zone)) if account["last_error"] else UNKNOWN_TEXT
    return html.Tr(
        [
            html.Th(account["account"], scope="row"),
            html.Td(_told(account["last_success"], zone)),
            html.Td([when, *(errors or ([html.Div(account["last_error"])] if account["last_error"] else []))]),
            html.Td(_told(account["next_try"], zone)),
            html.Td(", ".join(f"{step} {count:,}" for step, count in account["counts"].items() if count) or "none"),
        ]
    )


def _told(text: str | None, zone: ZoneInfo) -> str:
    return format_instant(datetime.fromisoformat(text).astimezone(zone)) if text else UNKNOWN_TEXT
