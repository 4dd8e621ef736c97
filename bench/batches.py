"""Rows of the fold alone: batches of one, a thousand and forty thousand events, with nothing else going on."""

import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

from bench.plan import Plan, say
from bench.table import Row, short
from bench.world import NOW, tell
from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.services import Services

SIZES = {1: (15, 30), 1_000: (5, 120), 40_000: (3, 600)}
"""Events in a batch → how many batches, and the milliseconds to reach."""
JOBS_AHEAD = 300
"""Events let go by first, so that jobs are under way as in any fleet."""


def measure_batches(services: Services, plan: Plan, jobs: int) -> Iterator[Row]:
    """Median wall time of each, and the processor time beside it, which other work on the machine moves less."""
    say("folding batches alone")
    largest = min(max(SIZES), plan.batched)
    sizes = {min(size, largest): told for size, told in SIZES.items()}
    needed = JOBS_AHEAD + sum(size * repeats for size, (repeats, _) in sizes.items())
    events = tell("batches", jobs=max(200, needed // 8), end_at=NOW)
    _take(services, list(islice(events, JOBS_AHEAD)))
    services.fold.fold_all()
    for size, (repeats, target) in sizes.items():
        wall, processor = [], []
        for _ in range(min(repeats, 3 * plan.repeats)):
            _take(services, list(islice(events, size)))
            began, busy = time.perf_counter(), time.process_time()
            while services.fold.fold_batch():
                pass
            wall.append((time.perf_counter() - began) * 1000)
            processor.append((time.process_time() - busy) * 1000)
        ours = f"{median(wall):,.0f} ms, {median(processor):,.0f} ms of CPU"
        what = f"fold of a batch of {short(size)}, {short(jobs)} jobs"
        yield Row(what, ours, "–", None, f"<= {target} ms", median(wall) <= target)


def _take(services: Services, events: list[dict[str, object]]) -> None:
    for receipt in services.intake.take_stream(read_batch(events)):
        assert not receipt.rejected, receipt.rejected[0].error
