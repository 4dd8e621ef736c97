"""Rows of the job list: first page, another order, a filter, beside the same rows read straight from DuckDB."""

from collections.abc import Iterator

from bench.choosing import some_queue
from bench.dashboard import median_ms
from bench.plan import Plan, say
from bench.table import Row, short
from mmbatch_dash.domain.selection import parse_selection
from mmbatch_dash.services import Services

PAGE_ROWS = 100


def measure_list(services: Services, plan: Plan, jobs: int) -> Iterator[Row]:
    """A block of rows with the number of all, as the grid asks for it."""
    say("listing jobs")
    queue = some_queue(services)
    cases: tuple[tuple[str, dict[str, str], str, str], ...] = (
        ("first page", {}, "-submitted_at", ""),
        ("sorted by cost", {}, "-cost_usd", ""),
        ("one queue", {"queue": queue}, "-submitted_at", f"WHERE queue = '{queue}'"),
    )
    for name, parameters, order, condition in cases:
        selection, sort = parse_selection(parameters), services.jobs.read_sort(order)

        def ask(selection=selection, sort=sort) -> None:  # type: ignore[no-untyped-def]
            # The number of all is kept while nothing changes; the bare query keeps nothing.
            services.worker.bump()
            services.jobs.block(selection, sort=sort, offset=0, limit=PAGE_ROWS)

        column = order.removeprefix("-")
        bare = (
            f"SELECT * FROM jobs {condition} ORDER BY {column} DESC NULLS LAST, job_id LIMIT {PAGE_ROWS}",
            f"SELECT count(*) FROM jobs {condition}",
        )
        with services.database.cursor() as cursor:
            limit = median_ms(lambda: [cursor.execute(sql).fetchall() for sql in bare], plan.repeats)  # noqa: B023 - called at once
        ours = median_ms(ask, plan.repeats)
        ratio = ours / limit
        what = f"job list, {name}, {short(jobs)} jobs"
        yield Row(what, f"{ours:,.0f} ms", f"{limit:,.0f} ms bare query", ratio, "<= 1", ratio <= 1)
