"""The wiring of the page Alerts: reading, silencing, trying a channel."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dash import Dash, Input, Output, State, html, no_update, set_props

from mmbatch_dash.domain.config.alert_rules import read_rules
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.domain.identity import for_admins, for_readers
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.alerts.ids import AlertsId
from mmbatch_dash.pages.alerts.layout import EVERY, HOURS
from mmbatch_dash.pages.alerts.panels import (
    build_budgets,
    build_closed,
    build_digest,
    build_open,
    build_rules,
    build_silences,
    silence_name,
)
from mmbatch_dash.pages.caller import who
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read and told.
        context: the shell's signals.
    """

    @callback(
        app,
        Output(AlertsId.OPEN.value, "children"),
        Output(AlertsId.CLOSED.value, "children"),
        Output(AlertsId.BUDGETS.value, "children"),
        Output(AlertsId.DIGEST.value, "children"),
        Output(AlertsId.RULES.value, "children"),
        Output(AlertsId.SILENCES.value, "children"),
        Input(context.location, "search"),
        Input(context.token, "data"),
        Input(AlertsId.CHANGED.value, "data"),
    )
    @for_readers
    def show(search: str | None, _token: str | None, _changed: str | None) -> tuple[Any, ...]:
        now, config, state = services.clock(), services.config.current(), services.alerts.state
        zone = parse_view(search, datetime.now(UTC), context.defaults).selection.zone
        silences = [one for one in state.silences if one.until > now]
        set_props(context.problem, {"children": None})
        return (
            build_open(state.open, silences, zone, now),
            build_closed(state.closed, zone),
            build_budgets(services.measure.budgets(now)),
            build_digest(services.digest.latest(), services.digest.standing(), zone),
            build_rules(
                read_rules(config.alerts)[0],
                config.alerts.tell,
                now,
                services.reports.removed(Selection()).before,
            ),
            build_silences(silences, zone),
        )

    @callback(
        app,
        Output(AlertsId.CHANNEL.value, "options"),
        Output(AlertsId.SILENCE_RULE.value, "options"),
        Output(AlertsId.SILENCE_ENDED.value, "options"),
        Input(context.location, "pathname"),
        Input(AlertsId.CHANGED.value, "data"),
    )
    @for_readers
    def offer(_path: str | None, _changed: str | None) -> tuple[Any, ...]:
        config, now = services.config.current(), services.clock()
        rules = [EVERY, *(rule.name for rule in read_rules(config.alerts)[0]), *(f"budget {n}" for n in config.budgets)]
        silences = [one for one in services.alerts.state.silences if one.until > now]
        return (
            [{"label": name, "value": name} for name in config.alerts.channels],
            [{"label": name, "value": name} for name in rules],
            [{"label": silence_name(one), "value": one.id} for one in silences],
        )

    @callback(
        app,
        Output(AlertsId.PREVIEWED.value, "children"),
        Input(AlertsId.PREVIEW.value, "n_clicks"),
        prevent_initial_call=True,
    )
    @for_readers
    def preview(clicks: int | None) -> Any:
        if not clicks:
            return no_update
        try:
            letter = services.digest.preview()
        except MmbatchDashError as refused:
            return _say(str(refused))
        return html.Pre(letter.text, className="alerts-letter", tabIndex=0)

    _register_wishes(app, services)


def _register_wishes(app: Dash, services: Services) -> None:
    @callback(
        app,
        Output(AlertsId.TOLD.value, "children"),
        Output(AlertsId.CHANGED.value, "data"),
        Input(AlertsId.SILENCE.value, "n_clicks"),
        State(AlertsId.SILENCE_RULE.value, "value"),
        State(AlertsId.SILENCE_HOURS.value, "value"),
        State(AlertsId.SILENCE_NOTE.value, "value"),
        prevent_initial_call=True,
    )
    @for_admins
    def silence(clicks: int | None, rule: str | None, hours: str | None, note: str | None) -> Any:
        if not clicks or hours not in HOURS:
            return no_update, no_update
        made = services.alerts.silence(
            rule="" if rule in (None, EVERY) else str(rule)[:200],
            group="",
            until=services.clock() + timedelta(hours=int(hours)),
            by=who(),
            note=(note or "")[:200],
        )
        return _say(f"Silenced: {silence_name(made)}, for {HOURS[hours]}."), made.id

    @callback(
        app,
        Output(AlertsId.TOLD.value, "children", allow_duplicate=True),
        Output(AlertsId.CHANGED.value, "data", allow_duplicate=True),
        Input(AlertsId.SILENCE_END.value, "n_clicks"),
        State(AlertsId.SILENCE_ENDED.value, "value"),
        prevent_initial_call=True,
    )
    @for_admins
    def end(clicks: int | None, silence_id: str | None) -> Any:
        if not clicks or not silence_id:
            return no_update, no_update
        try:
            services.alerts.end_silence(silence_id)
        except MmbatchDashError as error:
            return _say(str(error)), no_update
        return _say("The silence is over."), f"{silence_id} ended"

    @callback(
        app,
        Output(AlertsId.TOLD.value, "children", allow_duplicate=True),
        Input(AlertsId.TEST.value, "n_clicks"),
        State(AlertsId.CHANNEL.value, "value"),
        prevent_initial_call=True,
    )
    @for_admins
    def test(clicks: int | None, channel: str | None) -> Any:
        if not clicks:
            return no_update
        if not channel:
            return _say("Choose a channel; alerts.channels in the Configuration names them.")
        try:
            error = services.alerts.test(channel)
        except MmbatchDashError as refused:
            error = str(refused)
        return _say(f"{channel} did not take the test: {error}" if error else f"{channel} took the test message.")


def _say(text: str) -> Any:
    return html.Div(html.Strong(text), className="notice")
