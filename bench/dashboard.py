"""Rows of the Dashboard's figures: made anew, and asked for again while nothing changed."""

from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Any

from bench.choosing import some_queue
from bench.plan import Plan, say
from bench.table import Row, short
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.selection import Selection, parse_selection
from mmbatch_dash.services import Services
from mmbatch_dash.store.aggregates import COUNTED

KEPT_MS = 10


def measure_dashboard(services: Services, plan: Plan, jobs: int) -> Iterator[Row]:
    """The whole Dashboard of all jobs, and again with Engineering Mode."""
    say("making the Dashboard")
    columns = ", ".join(f"sum({name})" for name in (*TOTALLED, *COUNTED, "assumed_hours"))
    others = "count(queue), min(submitted_at), max(submitted_at), max(status), count(has_ended_attempt), count(flags)"
    with services.database.cursor() as cursor:
        scan = median_ms(
            lambda: cursor.execute(f"SELECT {columns}, {others} FROM jobs").fetchall(),
            plan.repeats,
        )
    queue = {"queue": some_queue(services)}
    cases: tuple[tuple[str, dict[str, str], bool, int], ...] = (
        ("", {}, False, 150),
        (", one queue", queue, False, 200),
        (", Engineering Mode", {}, True, 300),
        (", Engineering Mode of one queue", queue, True, 300),
    )
    for name, chosen, engineering, target in cases:
        selection = parse_selection(chosen)

        def make(engineering: bool = engineering, selection: Selection = selection) -> None:
            services.reports.dashboard(selection, engineering=engineering)

        def make_anew(make: Callable[[], None] = make) -> None:
            services.worker.bump()
            make()

        ours = median_ms(make_anew, plan.repeats)
        ratio = ours / scan
        yield Row(
            f"whole dashboard{name}, {short(jobs)} jobs",
            f"{ours:,.0f} ms",
            f"{scan:,.0f} ms one scan",
            ratio,
            f"<= {target} ms",
            ours <= target,
        )
        kept = median_ms(make, plan.repeats)
        what = f"the same, nothing changed{name}, {short(jobs)} jobs"
        yield Row(what, f"{kept:,.1f} ms", "–", None, f"<= {KEPT_MS} ms", kept <= KEPT_MS)


def median_ms(action: Callable[[], Any], repeats: int) -> float:
    """Median milliseconds of an action, after once unmeasured."""
    action()
    took = []
    for _ in range(repeats):
        began = perf_counter()
        action()
        took.append((perf_counter() - began) * 1000)
    return median(took)
