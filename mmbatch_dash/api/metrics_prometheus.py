"""GET /metrics for Prometheus: headline figures by queue, intake, how far the tables are behind, request times."""

import shutil
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response
from flask.globals import app_ctx, request_ctx
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.metrics_queues import PREFIX, collect_queues
from mmbatch_dash.domain.endpoints import OPERATION, PLAIN, Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import Services
from mmbatch_dash.services.backup.last import read_last_backup

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_UNMATCHED = "(none)"


class StateCollector:
    """What the store and the intake say at the moment of a scrape; the figures are those of the Dashboard."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """All metric families but request times."""
        yield from collect_queues(self._services)
        taken = CounterMetricFamily(
            f"{PREFIX}_events", "Events taken in since the start, by result.", labels=["result"]
        )
        for result, count in self._services.intake.counts().items():
            taken.add_metric([result], count)
        yield taken
        fresh = self._services.reports.freshness()
        for name, text, value in (
            ("journal_bytes", "Size of the journal.", fresh.journal_bytes),
            ("fold_lag_bytes", "Journal bytes that the tables do not show yet.", fresh.lag_bytes),
            ("fold_lag_seconds", "For how long something accepted has not been visible.", fresh.lag_seconds),
            ("fold_stuck", "1 while the tables cannot be brought up to the journal.", 1 if fresh.problem else 0),
            (
                "disk_free_bytes",
                "Free on the disk of the data directory.",
                shutil.disk_usage(self._services.settings.data_dir).free,
            ),
            ("open_alerts", "Incidents under way.", len(self._services.alerts.state.open)),
            ("rejects", "Events and lines kept aside and not settled.", self._services.rejects.count()),
        ):
            yield GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)
        if made_at := read_last_backup(self._services.settings.data_dir):
            age = (self._services.clock() - made_at).total_seconds()
            yield GaugeMetricFamily(f"{PREFIX}_backup_age_seconds", "Age of the last backup.", value=age)
        damaged = self._services.journal.damage.count
        yield GaugeMetricFamily(f"{PREFIX}_damaged_places", "Places of the journal that cannot be read.", value=damaged)
        yield from self._connections()
        nodes = GaugeMetricFamily(f"{PREFIX}_nodes", "Worker nodes by state.", labels=["state"])
        for state, count in self._services.nodes.count(Selection()).items():
            nodes.add_metric([state.value], count)
        yield nodes

    def _connections(self) -> Iterator[Metric]:
        """Connections and requests; none where nobody listens."""
        now = self._services.connections.read()
        if now is None:
            return
        for name, text, value in (
            ("connections_open", "Connections, idle ones too.", now.open),
            ("connections_idle", "Connections on which no request is under way.", now.idle),
            ("connections_most", "Connections that the server holds at a time; more wait to be let in.", now.most),
            ("requests_under_way", "Requests that came and are not answered.", now.under_way),
            ("requests_waiting", "Of those, the ones that wait for a thread.", now.waiting),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)
        refused = CounterMetricFamily(
            f"{PREFIX}_requests_refused",
            "Requests answered without being worked on, by reason: too many at once, a body that came too slowly, "
            "the server about to end.",
            labels=["reason"],
        )
        for reason, count in now.refused.items():
            refused.add_metric([reason.value], count)
        yield refused


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint, with a registry of its own: two servers in one process do not share counters."""
    blueprint = Blueprint("prometheus", __name__)
    registry = CollectorRegistry()
    requests = Histogram(
        f"{PREFIX}_request_seconds",
        "Time to the first byte of an answer, by method, route and status.",
        ["method", "route", "status"],
        buckets=_BUCKETS,
        registry=registry,
    )
    registry.register(StateCollector(services))

    @endpoint(
        blueprint,
        "GET",
        "/metrics",
        Endpoint(
            who=Audience.METRICS,
            about="Figures by queue, intake, lag and request times for Prometheus.",
            group=OPERATION,
            answers={200: Content(media=PLAIN)},
            lenient=True,
        ),
    )
    def get_metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    @blueprint.record_once
    def time_requests(state: object) -> None:
        server: Flask = state.app  # type: ignore[attr-defined]
        known: dict[tuple[str, str, int], Histogram] = {}

        @server.after_request
        def observe(response: Response) -> Response:
            # The rule, never the path: labels must stay few.
            asked = request_ctx.request
            route = asked.url_rule.rule if asked.url_rule else _UNMATCHED
            method = asked.method if asked.method in _METHODS else _UNMATCHED
            labels = (method, route, response.status_code)
            if (child := known.get(labels)) is None:
                child = known[labels] = requests.labels(method, route, str(response.status_code))
            now = time.perf_counter()
            child.observe(now - app_ctx.g.get("began_at", now))
            return response

    return blueprint
