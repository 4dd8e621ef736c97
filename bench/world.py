"""Stores of any size: a simulated month is folded once, and its ended jobs are multiplied by SQL into the past.

The facts of those copies are left out: the fold reads them only when a late event touches such a job again.
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from bench.plan import Plan, say
from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.demo import DEFAULT_SCENARIO, simulate
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.tables import DERIVED, PAIRS

NOW = datetime.now(UTC).replace(microsecond=0)
HISTORY_ENDS_AT = NOW - timedelta(days=DEFAULT_SCENARIO.days)
EVENTS_A_JOB = 14
COPIES_AT_ONCE = 400
HOURS_BACK = 17_000


def write_events(path: Path, count: int) -> Path:
    """A file of `count` CloudEvents, one a line, of the month after the stores' history, in order of time."""
    say(f"simulating {count:,} events")
    events = tell("load", jobs=max(200, count // EVENTS_A_JOB), end_at=NOW)
    with path.open("wb") as file:
        for event in islice(events, count):
            file.write(orjson.dumps(event) + b"\n")
    return path


def build_base(plan: Plan) -> Path:
    """A data directory with the simulated month, folded."""
    say(f"folding {plan.base_jobs:,} simulated jobs")
    folder = plan.folder / "base"
    services = open_services(build_settings(folder, environ={}), start_folding=False)
    try:
        events = read_batch(tell("history", jobs=plan.base_jobs, end_at=HISTORY_ENDS_AT))
        rejected = [one for receipt in services.intake.take_stream(events) for one in receipt.rejected]
        assert not rejected, rejected[0].error
        services.fold.fold_all()
    finally:
        services.close()
    return folder


def build_world(plan: Plan, base: Path, jobs: int) -> Path:
    """A data directory with about `jobs` jobs, multiplied from the base."""
    say(f"multiplying to {jobs:,} jobs")
    folder = plan.folder / f"world-{jobs}"
    shutil.copytree(base, folder)
    database = Database(folder / "store.duckdb", memory_limit="4GB")
    cursor = database.open_cursor()
    ended = "SELECT job_key, job_id AS copied_id FROM jobs WHERE status IN ('SUCCEEDED', 'FAILED')"
    cursor.execute(f"CREATE TEMP TABLE ended AS {ended}")
    stored, each = (cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in ("jobs", "ended"))
    copies = max(0, round((jobs - stored) / each))
    for table in DERIVED:
        cursor.execute(f"CREATE TEMP TABLE pattern AS SELECT * FROM {table} JOIN ended USING (job_key)")
        columns = ", ".join(_copied(name, kind) for name, kind in PAIRS[table].items())
        # Newest last and in order of time, as the fold appends history.
        for first in range(copies, 0, -COPIES_AT_ONCE):
            last = max(first - COPIES_AT_ONCE, 0)
            order = "ORDER BY submitted_at" if table == "jobs" else ""
            cursor.execute(
                f"INSERT INTO {table}_done SELECT {columns} FROM pattern, range({last + 1}, {first + 1}) r(k) {order}"
            ).fetchall()
        cursor.execute("DROP TABLE pattern")
    # What was put in beside the fold is rolled up when the store is opened.
    cursor.execute("DELETE FROM meta WHERE name = 'rollup'")
    cursor.close()
    database.close()
    return folder


def tell(name: str, *, jobs: int, end_at: datetime) -> Iterator[dict[str, Any]]:
    """Simulated events that do not say that they are; other ones for each name."""
    seed = sum(name.encode())
    for event in simulate(DEFAULT_SCENARIO, seed=seed, jobs=jobs, end_at=end_at):
        # A real store takes no events that say they are simulated.
        event["source"] = f"bench/{name}"
        yield event


def _copied(name: str, kind: str) -> str:
    if name == "job_key":
        return "id_key(copied_id || '-' || k) AS job_key"
    if name == "job_id":
        return "job_id || '-' || k AS job_id"
    if name == "instance_id":
        return "instance_id || '-' || k AS instance_id"
    if name == "instance_key":
        return "id_key(instance_id || '-' || k) AS instance_key"
    if kind == "TIMESTAMP":
        return f'"{name}" - to_hours((k * 7) % {HOURS_BACK}) AS "{name}"'
    return f'"{name}"'
