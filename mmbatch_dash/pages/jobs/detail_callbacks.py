"""The callbacks of a job's page: one reading fills it, and fills it again while the job goes on."""

from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update, set_props

from mmbatch_dash.domain.errors import NotFound
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.jobs.columns import Reading
from mmbatch_dash.pages.jobs.detail_layout import build_missing
from mmbatch_dash.pages.jobs.detail_panels import PANELS, build_panels
from mmbatch_dash.pages.jobs.events import PAGE_EVENTS, build_events
from mmbatch_dash.pages.jobs.ids import JobId
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.unchanged import keep_unchanged
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services


def register_detail_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read.
        context: the shell's signals.
    """

    @callback(
        app,
        output={
            "panels": {name: Output(name, prop) for name, prop in PANELS.items()},
            "digests": Output(JobId.DIGESTS.value, "data"),
        },
        inputs={
            "job_id": Input(JobId.WANTED.value, "data"),
            "search": Input(context.location, "search"),
            "token": Input(context.token, "data"),
            "digests": State(JobId.DIGESTS.value, "data"),
        },
    )
    def show(job_id: str, search: str | None, token: str | None, digests: dict[str, str] | None) -> dict[str, Any]:
        del token
        view = parse_view(search, datetime.now(UTC), context.defaults)
        try:
            panels = build_panels(services.jobs.detail(job_id), view)
        except NotFound as error:
            panels = dict.fromkeys(PANELS, no_update) | {
                JobId.MISSING.value: build_missing(job_id, str(error), view.link("/jobs")),
                JobId.BODY.value: True,
            }
            return {"panels": panels, "digests": no_update}
        changed, now = keep_unchanged(panels, digests)
        set_props(context.problem, {"children": None})
        return {"panels": changed, "digests": now}

    @callback(
        app,
        Output(JobId.EVENTS.value, "children"),
        Output(JobId.OLDER.value, "hidden"),
        Output(JobId.LATEST.value, "hidden"),
        Output(JobId.SKIPPED.value, "data"),
        Input(JobId.WANTED.value, "data"),
        Input(context.location, "search"),
        Input(context.token, "data"),
        Input(JobId.OLDER.value, "n_clicks"),
        Input(JobId.LATEST.value, "n_clicks"),
        State(JobId.SKIPPED.value, "data"),
    )
    def tell(job_id: str, search: str | None, *rest: Any) -> tuple[Any, ...]:
        skipped = {JobId.OLDER: int(rest[-1] or 0) + PAGE_EVENTS, JobId.LATEST: 0}.get(ctx.triggered_id, rest[-1] or 0)
        now = datetime.now(UTC)
        view = parse_view(search, now, context.defaults)
        page = services.jobs.events(job_id, limit=PAGE_EVENTS, skip_latest=skipped)
        shown = build_events(page, Reading(view.selection.zone, now), skipped)
        return shown, page.skip_latest is None, skipped == 0, skipped
