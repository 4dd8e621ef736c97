"""The page's wiring: draft → form → check → review → save, and what goes on beside it."""

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from mmbatch_dash.domain.config import KEYS
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.identity import for_admins, for_readers
from mmbatch_dash.pages.caller import may_change, who
from mmbatch_dash.pages.configuration import aws_state
from mmbatch_dash.pages.configuration.asking import act, ask
from mmbatch_dash.pages.configuration.controls import value_prop
from mmbatch_dash.pages.configuration.ids import ConfigurationId as Id
from mmbatch_dash.pages.configuration.ids import box_id, entries_id, field_id, note_id, row_id
from mmbatch_dash.pages.configuration.opening import build_count, check_form, is_fixed, open_form
from mmbatch_dash.pages.configuration.proposal import propose
from mmbatch_dash.pages.configuration.saving import review, save
from mmbatch_dash.pages.configuration.watching import build_scope, watch
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.ids import ShellId
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read and changed.
        context: the shell's signals.
    """
    _register_form(app, services)
    _register_dialogs(app, services)
    _register_watch(app, services, context)
    aws_state.register_callbacks(app, services, context)
    _register_browser(app)


def _register_form(app: Dash, services: Services) -> None:
    @callback(
        app,
        output={
            "opened": Output(Id.OPENED.value, "data"),
            "form": {name: Output(field_id(name), value_prop(key)) for name, key in KEYS.items()},
            "fixed": {name: Output(box_id(name), "disabled") for name in KEYS},
            "scope": Output(Id.SCOPE.value, "children"),
        },
        inputs={
            "kept": Input(Id.KEPT.value, "data"),
            "search": State(ShellId.LOCATION.value, "search"),
            "signal": State(Id.SIGNAL.value, "data"),
        },
        prevent_initial_call=True,
    )
    @for_readers
    def fill(kept: dict[str, Any] | None, search: str | None, signal: Any) -> dict[str, Any]:
        state, may = services.config.state(), may_change()
        opened = open_form(state, (kept or {}).get("draft") if may else None)
        fixed = {name: is_fixed(name, services.config.overrides, may_change=may) for name in KEYS}
        scope = build_scope(services.config, may_change=may)
        # Saved or discarded, a proposal is done with.
        form = propose(search, opened.form) if may and signal is None else opened.form
        return {"opened": opened.as_data(), "form": form, "fixed": fixed, "scope": scope}

    @callback(
        app,
        output={
            "notes": {name: Output(note_id(name), "children") for name in KEYS},
            "classes": {name: Output(row_id(name), "className") for name in KEYS},
            "changes": Output(Id.CHANGES.value, "data"),
            "hidden": Output(Id.BAR.value, "hidden"),
            "count": Output(Id.COUNT.value, "children"),
            "blocked": Output(Id.REVIEW.value, "disabled"),
        },
        inputs={
            "form": {name: Input(field_id(name), value_prop(key)) for name, key in KEYS.items()},
            "opened": Input(Id.OPENED.value, "data"),
        },
        prevent_initial_call=True,
    )
    @for_readers
    def judge(form: dict[str, Any], opened: dict[str, Any] | None) -> Any:
        if opened is None:
            return no_update
        checked = check_form(services.config.state(), opened["base"], form, services.config.overrides)
        return {
            "notes": checked.notes,
            "classes": checked.classes,
            "changes": {**opened, "values": checked.values},
            "hidden": not checked.values,
            "count": build_count(checked),
            "blocked": bool(checked.problems),
        }


def _register_dialogs(app: Dash, services: Services) -> None:
    @callback(
        app,
        Output(Id.REVIEW_BOX.value, "is_open"),
        Output(Id.REVIEW_TITLE.value, "children"),
        Output(Id.REVIEW_BODY.value, "children"),
        Output(Id.PLAN.value, "data"),
        Output(Id.CONFIRM.value, "hidden"),
        Output(Id.KEEP_MINE.value, "hidden"),
        Output(Id.TAKE_THEIRS.value, "hidden"),
        Output(Id.SIGNAL.value, "data"),
        Input(Id.REVIEW.value, "n_clicks"),
        Input(Id.KEEP_MINE.value, "n_clicks"),
        Input(Id.TAKE_THEIRS.value, "n_clicks"),
        Input(Id.CONFIRM.value, "n_clicks"),
        Input(Id.REVIEW_BACK.value, "n_clicks"),
        State(Id.CHANGES.value, "data"),
        State(Id.PLAN.value, "data"),
        prevent_initial_call=True,
    )
    @for_admins
    def decide(*given: Any) -> Any:
        draft, plan = given[-2:]
        pressed = ctx.triggered_id
        closed = (False, no_update, no_update, None, True, True, True)
        if pressed == Id.REVIEW_BACK or not draft or not any(given[:-2]):
            return (*closed, no_update)
        if pressed == Id.TAKE_THEIRS:
            return (*closed, _signal("What is in force is loaded; your changes are dropped."))
        if pressed == Id.CONFIRM and plan:
            dialog = save(services.config, plan, who())
        else:
            dialog = review(services, draft, mine_goes=pressed == Id.KEEP_MINE)
        if dialog.saved:
            return (*closed, _signal(dialog.saved))
        whose = not dialog.asks_whose
        return True, dialog.title, dialog.body, dialog.plan, dialog.plan is None, whose, whose, no_update

    @callback(
        app,
        Output(Id.ASK_BOX.value, "is_open"),
        Output(Id.ASK_TITLE.value, "children"),
        Output(Id.ASK_BODY.value, "children"),
        Output(Id.ASK_DO.value, "children"),
        Output(Id.ASK_DO.value, "hidden"),
        Output(Id.SIGNAL.value, "data", allow_duplicate=True),
        Input(Id.WANTED.value, "data"),
        Input(Id.ASK_DO.value, "n_clicks"),
        Input(Id.ASK_BACK.value, "n_clicks"),
        State(Id.CHANGES.value, "data"),
        prevent_initial_call=True,
    )
    @for_admins
    def answer(wish: dict[str, Any] | None, _yes: int | None, _no: int | None, draft: dict[str, Any] | None) -> Any:
        pressed = ctx.triggered_id
        if wish is None or pressed == Id.ASK_BACK:
            return (False, *(no_update,) * 5)
        if pressed == Id.ASK_DO:
            outcome = act(services, wish, who())
            question = outcome.question
            if question is None:
                return (False, *(no_update,) * 4, _signal(outcome.told))
        else:
            question = ask(services, wish, draft)
        return True, question.title, question.body, question.answer, not question.answer, no_update


def _register_watch(app: Dash, services: Services, context: Context) -> None:
    @callback(
        app,
        Output(Id.STANDING.value, "children"),
        Output(Id.NEWS.value, "children"),
        Output(Id.OBEDIENCE.value, "children"),
        Output(Id.HISTORY.value, "children"),
        Output(Id.DIGESTS.value, "data"),
        Input(ShellId.TICK.value, "n_intervals"),
        Input(Id.OPENED.value, "data"),
        Input(context.location, "search"),
        State(Id.SIGNAL.value, "data"),
        State(Id.DIGESTS.value, "data"),
        prevent_initial_call=True,
    )
    @for_readers
    def look(_ticks: Any, opened: Any, search: str | None, signal: Any, known: dict[str, str] | None) -> Any:
        if opened is None:
            return no_update
        zone = parse_view(search, datetime.now(UTC), context.defaults).selection.zone
        told = (signal or {}).get("told", "")
        return watch(services, opened["version"], told, zone, known or {}, may_change=may_change())


def _register_browser(app: Dash) -> None:
    """What the browser does by itself: keep the draft, and draw the rows of maps."""
    app.clientside_callback(
        ClientsideFunction("mmbatch", "takeDraft"),
        Output(Id.KEPT.value, "data"),
        Input(Id.SIGNAL.value, "data"),
        State(Id.OPENED.value, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("mmbatch", "keepDraft"),
        Output(Id.BAR.value, "data-count"),
        Input(Id.CHANGES.value, "data"),
        prevent_initial_call=True,
    )
    for name, key in KEYS.items():
        if key.kind is Kind.MAP:
            app.clientside_callback(
                ClientsideFunction("mmbatch", "drawEntries"),
                Output(entries_id(name), "data-count"),
                Input(field_id(name), "data"),
                State(entries_id(name), "id"),
            )


def _signal(told: str) -> dict[str, Any]:
    """Makes the page load what is in force and forget the draft; another one each time, so that it is noticed."""
    return {"told": told, "at": datetime.now(UTC).isoformat()}
