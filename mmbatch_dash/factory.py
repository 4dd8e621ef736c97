"""The Flask server with everything on it. No globals: two servers in one process do not meet."""

import logging
import random
import time
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import flask
from flask.globals import app_ctx, request_ctx

from mmbatch_dash.api import (
    alerts,
    bill,
    cognito,
    config,
    disowning,
    exports,
    health,
    imports,
    insight,
    jobs,
    metrics_prometheus,
    node_files,
    nodes,
    obedience,
    openapi,
    prices,
    published,
    rebuilding,
    rejects,
    report,
    reporter,
    series,
    summary,
    sync,
)
from mmbatch_dash.api.errors import error_response, register_error_handlers
from mmbatch_dash.auth.install import install_auth
from mmbatch_dash.ingest import EventsDoor
from mmbatch_dash.ingest import build_blueprint as build_ingest
from mmbatch_dash.ingest.nextflow import build_blueprint as build_nextflow
from mmbatch_dash.pages.defaults import LiveDefaults, PageDefaults
from mmbatch_dash.pages.shell import create_dash
from mmbatch_dash.services import Services
from mmbatch_dash.services.logs import REQUEST_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

API_METHODS = ("GET", "POST", "PUT", "DELETE")
UNKNOWN_ENDPOINT = "api_unknown"
LOG = logging.getLogger("mmbatch_dash.requests")


class Answer(flask.Response):
    """A response that hands a body it holds whole to the server whole, not as a stream of one piece."""

    def get_app_iter(self, environ: "WSGIEnvironment") -> Iterable[bytes]:
        """The body."""
        pieces = super().get_app_iter(environ)
        if type(self.response) is list and not self._on_close:
            return [*pieces]
        return pieces


class Server(flask.Flask):
    """Flask that asks once of each function whether it is a coroutine, not at every call of every hook."""

    response_class = Answer

    def __init__(self) -> None:
        super().__init__("mmbatch_dash", static_folder=None)
        self._synchronous = lru_cache(maxsize=1024)(super().ensure_sync)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function to call."""
        return self._synchronous(func)


def create_app(services: Services) -> flask.Flask:
    """A WSGI application over the services: ingestion, API and pages."""
    server = Server()
    register_error_handlers(server)
    _number_requests(server)
    # Innermost: what login puts around every answer is put around those of the short way too.
    door = EventsDoor(server.wsgi_app, services)
    server.wsgi_app = door  # type: ignore[method-assign]
    login = install_auth(
        server,
        settings=services.settings,
        documents=services.documents,
        store=services.config,
        clock=services.clock,
    )
    door.open_to(login.sender_in)
    for blueprint in (
        build_ingest(services),
        imports.build_blueprint(services),
        summary.build_blueprint(services),
        insight.build_blueprint(services),
        alerts.build_blueprint(services),
        bill.build_blueprint(services),
        build_nextflow(services),
        rejects.build_blueprint(services),
        disowning.build_blueprint(services),
        rebuilding.build_blueprint(services),
        prices.build_blueprint(services),
        sync.build_blueprint(services),
        health.build_blueprint(services),
        config.build_blueprint(services),
        obedience.build_blueprint(services),
        cognito.build_blueprint(services),
        jobs.build_blueprint(services),
        nodes.build_blueprint(services),
        node_files.build_blueprint(services),
        exports.build_blueprint(services),
        report.build_blueprint(services),
        published.build_blueprint(services),
        series.build_blueprint(services),
        metrics_prometheus.build_blueprint(services),
        reporter.build_blueprint(),
        openapi.build_blueprint(),
    ):
        server.register_blueprint(blueprint)
    server.add_url_rule("/api/<path:rest>", UNKNOWN_ENDPOINT, _no_such_endpoint, methods=list(API_METHODS))
    defaults = LiveDefaults(partial(page_defaults, services))
    login.dash.know(create_dash(server, services, simulated=services.settings.simulated, defaults=defaults))
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
        g = app_ctx.g
        g.request_id = f"{random.getrandbits(48):012x}"
        REQUEST_ID.set(g.request_id)
        g.began_at = time.perf_counter()

    @server.after_request
    def end(response: flask.Response) -> flask.Response:
        g = app_ctx.g
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if LOG.isEnabledFor(logging.DEBUG):
            request = request_ctx.request
            taken_ms = (time.perf_counter() - g.get("began_at", time.perf_counter())) * 1000
            # The path alone: a query may hold a one-time code.
            LOG.debug("%s %s %s %.1f ms", request.method, request.path, response.status_code, taken_ms)
        return response

    @server.teardown_request
    def leave(_error: BaseException | None) -> None:
        REQUEST_ID.set("")
