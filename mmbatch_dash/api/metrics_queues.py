"""Metric families by queue: the figures of the Dashboard, tries by outcome, lost time, what runs now.

All of them are gauges: late facts, disowned sources and retention move what is folded.
"""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES, Unit
from mmbatch_dash.domain.groupings import QUEUE
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.metrics.summary import Blocks
from mmbatch_dash.services import Services

PREFIX = "mmbatch_dash"
MOST_QUEUES, REST = 200, "other"
"""Queues with series of their own, those with the most jobs; all others are counted as one, of that name."""
TIMES = ("lost_seconds", "overhead_seconds", "waiting_seconds")
"""Engineering figures that every queue has a series of."""

Rows = list[tuple[str, Blocks]]


def collect_queues(services: Services) -> Iterator[Metric]:
    """Every family by queue."""
    # One sender must not make a series for each of a hundred thousand queues.
    parted = services.reports.groups(Selection(), QUEUE).largest(MOST_QUEUES)
    rows: Rows = [*parted.named, *([(REST, parted.rest)] if parted.rest else [])]
    yield from _headline(rows)
    yield from _tries(rows)
    running = GaugeMetricFamily(f"{PREFIX}_running_jobs", "Jobs that run, by queue.", labels=["queue"])
    stale = GaugeMetricFamily(
        f"{PREFIX}_stale_jobs", "Running jobs not heard of for dashboard.staleAfter, by queue.", labels=["queue"]
    )
    named = {queue for queue, _ in parted.named}
    now: dict[str, tuple[int, int]] = {queue: (0, 0) for queue, _ in rows}
    for queue, (runs, silent) in services.measure.running_by_queue(services.clock()).items():
        place = queue if queue in named else REST
        before = now.get(place, (0, 0))
        now[place] = (before[0] + runs, before[1] + silent)
    for queue, (runs, silent) in now.items():
        running.add_metric([queue], runs)
        stale.add_metric([queue], silent)
    yield running
    yield stale


def _headline(rows: Rows) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(f"{PREFIX}_total_jobs", "Total Jobs by queue.", labels=["queue"])
    protections = GaugeMetricFamily(f"{PREFIX}_spot_protections", "Spot Protections by queue.", labels=["queue"])
    for queue, blocks in rows:
        jobs.add_metric([queue], blocks.total_jobs)
        protections.add_metric([queue], blocks.spot_protections)
    yield jobs
    yield protections
    for figure in (*FIGURES, *(one for one in ENGINEERING_FIGURES if one.name in TIMES)):
        # Prometheus counts time in seconds.
        hours = figure.unit is Unit.HOURS
        name = figure.name.replace("_hours", "_seconds") if hours else figure.name
        said = f"{figure.label.replace(' Hours', '')}, in seconds, by queue." if hours else f"{figure.label} by queue."
        family = GaugeMetricFamily(f"{PREFIX}_{name}", said, labels=["queue"])
        for queue, blocks in rows:
            value = {**blocks.figures, **blocks.engineering}[figure.name].value
            if value is not None:
                family.add_metric([queue], value * 3600 if hours else value)
        yield family


def _tries(rows: Rows) -> Iterator[Metric]:
    labels = ["queue", "outcome"]
    checkpoints = GaugeMetricFamily(f"{PREFIX}_checkpoints", "Checkpoints by queue and outcome.", labels=labels)
    restores = GaugeMetricFamily(f"{PREFIX}_restores", "Restores by queue and outcome.", labels=labels)
    protections = GaugeMetricFamily(
        f"{PREFIX}_protections", "Reclaimed attempts by queue and what became of them.", labels=labels
    )
    reclaims = GaugeMetricFamily(
        f"{PREFIX}_reclaims", "Attempts that EC2 took the instance from, by queue.", labels=["queue"]
    )
    for queue, blocks in rows:
        for family, tally in ((checkpoints, blocks.checkpoints), (restores, blocks.restores)):
            family.add_metric([queue, "succeeded"], tally.succeeded)
            family.add_metric([queue, "failed"], tally.failed)
        outcomes = blocks.protections.by_outcome()
        for outcome, count in outcomes.items():
            protections.add_metric([queue, outcome], count)
        reclaims.add_metric([queue], sum(outcomes.values()))
    yield from (checkpoints, restores, protections, reclaims)
