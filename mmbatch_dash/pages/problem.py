"""The one place where an error in a page's callback becomes what people read."""

import logging
from uuid import uuid4

from dash import html, set_props
from dash.development.base_component import Component
from flask import g, has_app_context

from mmbatch_dash.domain.errors import MmbatchDashError, Rebuilding
from mmbatch_dash.pages.ids import ShellId

logger = logging.getLogger(__name__)


def report_problem(error: Exception) -> None:
    """Logs the error under a request id and shows it above the last good data, which stay as they are."""
    set_props(ShellId.PROBLEM.value, {"children": log_problem(error)})


def log_problem(error: Exception) -> Component:
    """Logs the error under a request id; what people read about it."""
    request_id = str(getattr(g, "request_id", "") or uuid4().hex[:12]) if has_app_context() else uuid4().hex[:12]
    if isinstance(error, Rebuilding):
        return build_waiting(error)
    logger.error("request %s: %s", request_id, error, exc_info=error)
    return build_problem(error, request_id)


def build_waiting(error: Rebuilding) -> Component:
    """What stands above a page that has no figures yet: nothing failed, and nothing is to be done."""
    said = [
        html.Strong("The figures are on their way."),
        html.Span(str(error)),
        html.Span("This page fills by itself."),
    ]
    return html.Div(said, className="notice", role="status")


def build_problem(error: Exception, request_id: str) -> Component:
    """What failed, its request id, and a button to try again. Only errors made on purpose show their text."""
    known = isinstance(error, MmbatchDashError)
    reason = str(error) if known else "The server could not answer. Its log has the details under this request id."
    return html.Div(
        [
            html.Strong("These figures could not be brought up to date."),
            html.Span(reason),
            html.Span(["Request ", html.Code(request_id), ". What is shown below is the last good state."]),
            html.Button("Try again", className="button", **{"data-retry": "true"}),
        ],
        className="problem",
        role="alert",
    )
