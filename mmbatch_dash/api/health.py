"""GET /healthz and /readyz, for load balancers and container engines; anyone may ask."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.domain.problems import problem_body
from mmbatch_dash.services import Services

LATE_SECONDS = 60


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def get_health() -> Response:
        return json_answer({"status": "up"})

    @blueprint.get("/readyz")
    def get_readiness() -> Response:
        fresh = services.reports.freshness()
        if fresh.problem:
            return json_answer(problem_body(503, f"The tables are not being updated: {fresh.problem}"), 503)
        if fresh.lag_seconds > LATE_SECONDS:
            message = f"The tables are {fresh.lag_seconds:.0f} s behind what was accepted."
            return json_answer(problem_body(503, message), 503)
        return json_answer({"status": "ready", "lag_seconds": round(fresh.lag_seconds, 3)})

    return blueprint
