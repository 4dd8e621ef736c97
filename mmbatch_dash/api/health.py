"""GET /healthz and /readyz, for load balancers and container engines; anyone may ask."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.operation import Health, Readiness
from mmbatch_dash.domain.endpoints import OPERATION, Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.problems import problem_body
from mmbatch_dash.services import Services

LATE_SECONDS = 60


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint."""
    blueprint = Blueprint("health", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/healthz",
        Endpoint(
            who=Audience.ANYONE,
            about="Whether the process is up.",
            group=OPERATION,
            answers={200: Content(Health)},
            # A parameter that defeats a cache on the way must not take a server out of rotation.
            lenient=True,
        ),
    )
    def get_health() -> Response:
        return json_answer({"status": "up"})

    @endpoint(
        blueprint,
        "GET",
        "/readyz",
        Endpoint(
            who=Audience.ANYONE,
            about="Whether the store is writable and the tables are not behind; what is degraded, and why.",
            group=OPERATION,
            answers={200: Content(Readiness)},
            lenient=True,
        ),
    )
    def get_readiness() -> Response:
        fresh = services.reports.freshness()
        if refusal := services.condition.refusal():
            return json_answer(problem_body(503, refusal), 503)
        if fresh.rebuild and not fresh.problem:
            return json_answer({"status": "rebuilding", "share": round(fresh.rebuild.share, 4)})
        if fresh.problem:
            return json_answer(problem_body(503, f"The tables are not being updated: {fresh.problem}"), 503)
        if fresh.lag_seconds > LATE_SECONDS:
            message = f"The tables are {fresh.lag_seconds:.0f} s behind what was accepted."
            return json_answer(problem_body(503, message), 503)
        status = "degraded" if fresh.degraded else "ready"
        reasons = {"reasons": list(fresh.degraded)} if fresh.degraded else {}
        return json_answer({"status": status, "lag_seconds": round(fresh.lag_seconds, 3), **reasons})

    return blueprint
