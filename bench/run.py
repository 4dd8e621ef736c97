"""The order of a run: each store size with everything that is asked of it, its limits beside it, then the rest."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.append import measure_append
from bench.batches import measure_batches
from bench.browser import MOST_JOBS as PAGE_JOBS
from bench.browser import measure_pages
from bench.commands import describe_start, measure_help, measure_import, measure_memory
from bench.dashboard import measure_dashboard
from bench.disk import measure_disk
from bench.export import MOST_JOBS as CSV_JOBS
from bench.export import measure_csv, measure_writer
from bench.fleet import JOB_EVENTS_A_SECOND, measure_fleet
from bench.fold import measure_batched
from bench.ingest import WARM, Feed, Limits, compare_sizes, measure_bare, measure_singles, warm
from bench.joblist import measure_list
from bench.plan import Plan
from bench.server import Server, serve
from bench.sustained import measure_sustained, rates_of
from bench.table import Row
from bench.world import build_base, build_world, write_events
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings

TAKING_IN = ("ingest", "fold", "sustained", "fleet", "memory")
SERVED = (*TAKING_IN, "csv", "browser", "start")
IN_PROCESS = ("batches", "dashboard", "jobs", "csv")


def run(plan: Plan) -> Iterator[Row]:
    """The rows, as they are measured."""
    limits = Limits()
    events = plan.folder / "events.ndjson"
    count = max(plan.imported, _needed(plan))
    if plan.wants(*TAKING_IN, "import"):
        write_events(events, count)
    if plan.wants(*SERVED, *IN_PROCESS, "disk"):
        base = build_base(plan)
        for jobs in plan.jobs:
            world = build_world(plan, base, jobs)
            if plan.wants("disk"):
                yield from measure_disk(base, plan.base_jobs, world, jobs)
            yield from _one_size(plan, world, Feed(events, events=count), limits, jobs)
            shutil.rmtree(world)
    yield from compare_sizes(limits)
    if plan.wants("import"):
        yield measure_import(plan, events, measure_append(events, plan.imported, plan.folder))
    if plan.wants("help"):
        yield measure_help(plan)


def _one_size(plan: Plan, world: Path, feed: Feed, limits: Limits, jobs: int) -> Iterator[Row]:
    writer_seconds = 0.0
    if plan.wants(*IN_PROCESS):
        services = open_services(build_settings(world, environ={}), start_folding=False)
        try:
            if plan.wants("dashboard"):
                yield from measure_dashboard(services, plan, jobs)
            if plan.wants("jobs"):
                yield from measure_list(services, plan, jobs)
            if plan.wants("csv") and jobs <= CSV_JOBS:
                writer_seconds = measure_writer(services)
            if plan.wants("batches"):
                yield from measure_batches(services, plan, jobs)
        finally:
            services.close()
    if plan.wants(*SERVED):
        with serve(world) as server:
            if plan.wants("start"):
                yield describe_start(server, jobs)
            yield from _read_pages(plan, server, writer_seconds, jobs)
            yield from _take_in(plan, server, feed, limits, jobs, world)
            if plan.wants("memory"):
                yield measure_memory(server, jobs)


def _read_pages(plan: Plan, server: Server, writer_seconds: float, jobs: int) -> Iterator[Row]:
    if plan.wants("browser") and jobs <= PAGE_JOBS:
        yield from measure_pages(server, plan, jobs)
    if writer_seconds:
        yield from measure_csv(server, writer_seconds, jobs)


def _take_in(plan: Plan, server: Server, feed: Feed, limits: Limits, jobs: int, world: Path) -> Iterator[Row]:
    if not plan.wants(*TAKING_IN):
        return
    warm(server, plan, feed)
    # Limits anew beside each size: a shared machine is not the same a few minutes later.
    if plan.wants("ingest"):
        limits.bare = measure_bare(feed.file, plan.singles)
        yield measure_singles(server, plan, feed, limits, jobs)
        limits.append = measure_append(feed.file, plan.batched, plan.folder)
    if plan.wants("fleet"):
        yield from measure_fleet(server, plan, feed, world)
    if plan.wants("ingest", "fold", "memory"):
        yield from measure_batched(server, plan, feed, limits, jobs)
    if plan.wants("sustained"):
        yield from measure_sustained(server, plan, feed, jobs)


def _needed(plan: Plan) -> int:
    """Events that are posted to one store."""
    offered = sum(rates_of(plan)) * plan.sustained_seconds if plan.wants("sustained") else 0
    fleet = JOB_EVENTS_A_SECOND * plan.fleet_seconds + 1
    return WARM + plan.singles + plan.batched + round(offered + fleet) + 1
