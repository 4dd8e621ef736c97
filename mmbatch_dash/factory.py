"""The Flask server with everything on it. No globals: two servers in one process do not meet."""

import logging
import time
from functools import partial
from uuid import uuid4

import flask

from mmbatch_dash.api import (
    cognito,
    config,
    exports,
    health,
    jobs,
    metrics_prometheus,
    nodes,
    obedience,
    openapi,
    prices,
    published,
    rejects,
    summary,
    sync,
)
from mmbatch_dash.api.errors import error_response, register_error_handlers
from mmbatch_dash.auth.install import install_auth, know_pages
from mmbatch_dash.ingest import build_blueprint as build_ingest
from mmbatch_dash.pages.defaults import LiveDefaults
from mmbatch_dash.pages.ports import PageDefaults
from mmbatch_dash.pages.shell import create_dash
from mmbatch_dash.services import Services
from mmbatch_dash.services.logs import REQUEST_ID

API_METHODS = ("GET", "POST", "PUT", "DELETE")
UNKNOWN_ENDPOINT = "api_unknown"
LOG = logging.getLogger("mmbatch_dash.requests")


def create_app(services: Services) -> flask.Flask:
    """A WSGI application over the services: ingestion, API and pages."""
    server = flask.Flask("mmbatch_dash", static_folder=None)
    register_error_handlers(server)
    _number_requests(server)
    auth = install_auth(server, settings=services.settings, store=services.config, clock=services.clock)
    for blueprint in (
        build_ingest(services),
        summary.build_blueprint(services),
        rejects.build_blueprint(services),
        prices.build_blueprint(services),
        sync.build_blueprint(services),
        health.build_blueprint(services),
        config.build_blueprint(services),
        obedience.build_blueprint(services),
        cognito.build_blueprint(services),
        jobs.build_blueprint(services),
        nodes.build_blueprint(services),
        exports.build_blueprint(services),
        published.build_blueprint(services),
        metrics_prometheus.build_blueprint(services),
        openapi.build_blueprint(),
    ):
        server.register_blueprint(blueprint)
    server.add_url_rule("/api/<path:rest>", UNKNOWN_ENDPOINT, _no_such_endpoint, methods=list(API_METHODS))
    defaults = LiveDefaults(partial(page_defaults, services))
    know_pages(auth, create_dash(server, services, settings=services.settings, defaults=defaults))
    return server


def _no_such_endpoint(rest: str) -> flask.Response:
    """Dash answers every path it does not know with the shell; an API client must get its own kind of 404."""
    adapter = flask.current_app.url_map.bind("")
    possible = [name for name in API_METHODS if adapter.match(f"/api/{rest}", name)[0] != UNKNOWN_ENDPOINT]
    if possible:
        message = f"{flask.request.method} is not possible at /api/{rest}; {', '.join(possible)} is."
        return error_response(405, None, message, Allow=", ".join(possible))
    return error_response(404, None, f"There is no /api/{rest} here; the API is described at /api/docs.")


def page_defaults(services: Services) -> PageDefaults:
    """What pages show where the address says nothing, from the configuration."""
    dashboard = services.config.current().dashboard
    return PageDefaults(
        timezone=dashboard.timezone,
        engineering=dashboard.engineering_mode,
        refresh_seconds=dashboard.refresh.seconds,
    )


def _number_requests(server: flask.Flask) -> None:
    @server.before_request
    def begin() -> None:
        flask.g.request_id = uuid4().hex[:12]
        REQUEST_ID.set(flask.g.request_id)
        flask.g.began_at = time.perf_counter()

    @server.after_request
    def end(response: flask.Response) -> flask.Response:
        response.headers["X-Request-Id"] = flask.g.get("request_id", "")
        taken_ms = (time.perf_counter() - flask.g.get("began_at", time.perf_counter())) * 1000
        # The path alone: a query may hold a one-time code.
        LOG.debug("%s %s %s %.1f ms", flask.request.method, flask.request.path, response.status_code, taken_ms)
        return response

    @server.teardown_request
    def leave(_error: BaseException | None) -> None:
        REQUEST_ID.set("")
