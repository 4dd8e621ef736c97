"""GET /api/v1/report.pdf: a month on one dated A4 page, with one of detail."""

from flask import Blueprint, Response

from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.queries import ReportQuery
from mmbatch_dash.domain.endpoints import PDF, Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.report.build import build_report


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("report", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/report.pdf",
        Endpoint(
            who=Audience.READER,
            about="The report of a month: its headline with the change, budgets, advice and alerts on one A4 page, "
            "queues on the next. Filters choose jobs; the month takes the place of from and to.",
            group="Files",
            query=ReportQuery,
            answers={200: Content(media=PDF)},
            exported=True,
        ),
    )
    def get_report(query: ReportQuery) -> Response:
        report = build_report(services, query.month, query.selection)
        response = Response(report.pdf(), content_type=PDF)
        response.headers["Content-Disposition"] = f'inline; filename="{report.name}"'
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return blueprint
