"""Jobs for pages and API: lists in any order, one job with all its parts, and what was said of it."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import orjson

from mmbatch_dash.domain.errors import NotFound
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.domain.paging import Sort, parse_sort
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.explanations.explained import Explained, explain_job, explain_running
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.queries.heard import fetch_heard_at
from mmbatch_dash.store.queries.job_detail import fetch_event_places, fetch_job, fetch_removed_end, knows_job
from mmbatch_dash.store.queries.job_fields import JOB_FIELDS, SORTABLE, Field
from mmbatch_dash.store.queries.jobs import JobPage, count_jobs, fetch_job_block, fetch_job_page
from mmbatch_dash.store.queries.rows import Row

DEFAULT_SORT = Sort("submitted_at", descending=True)
KEPT_COUNTS = 256
EVENTS_PAGE = 100
DAMAGED_LINE = b'{"type":"(this line of the journal is damaged or missing)"}'
"""What stands for an event that the tables know and the journal no longer has."""


@dataclass(frozen=True, slots=True)
class JobBlock:
    """A stretch of the list for a grid that scrolls.

    Attributes:
        rows: column → value, job_id always among them; instants are aware UTC datetimes.
        total: how many jobs the selection has.
    """

    rows: list[Row]
    total: int


@dataclass(frozen=True, slots=True)
class JobDetail:
    """One job with its parts. Rows have the columns of `store.queries.job_fields`; instants are aware UTC datetimes.

    Attributes:
        job: its row (its number of attempts under `attempts`), and `is_parent`.
        attempts: in order; also `cost_usd` of each that ended, None where unknown.
        checkpoints: in order of attempt and time.
        restores: in order; `checkpoint_attempt` is the attempt the work was carried from.
        notices: instance_id, notice_kind, noticed_at, action, action_at.
        children: of an array or multi-node parent: job_id, name, status, phase, submitted_at, started_at,
            completed_at, attempts; the first thousand.
        children_total: how many there are.
        parent: the same columns of its parent, or None.
        figures: name → the figure and how it was computed.
        heard_at: when the job was last heard of, while it runs; None for any other.
        stale: whether that is so long ago that it is in no running figure.
        running: open work up to `as_of`, name → figure; empty unless the job is running and was heard of.
    """

    as_of: datetime
    job: Row
    attempts: list[Row]
    checkpoints: list[Row]
    restores: list[Row]
    notices: list[Row]
    children: list[Row]
    children_total: int
    parent: Row | None
    figures: dict[str, Explained]
    heard_at: datetime | None
    stale: bool
    running: dict[str, Explained]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some of what was said of a job, oldest first.

    Attributes:
        rows: position, happened_at (ISO 8601), received_at, source, id, kind, type, raw (the event as received),
            facts (what it was understood to say).
        total: how many there are.
        skip_latest: to ask for the events before these; None where these are the first.
    """

    rows: list[dict[str, Any]]
    total: int
    skip_latest: int | None


class Jobs:
    """Questions about jobs; thread-safe."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        reports: Reports,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._journal = journal
        self._reports = reports
        self._clock = clock
        self._lock = Lock()
        self._counts: OrderedDict[tuple[int, Selection], int] = OrderedDict()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns of a job row, in order, each with the shape of its values."""
        return JOB_FIELDS

    def read_sort(self, text: str | None) -> Sort:
        """The order that `sort` asks for (`cost_usd`, `-cost_usd`); the latest submitted first if it is empty.

        Raises:
            InvalidFilter: no such column.
        """
        return parse_sort(text, SORTABLE, DEFAULT_SORT)

    def page(
        self, selection: Selection, *, sort: Sort = DEFAULT_SORT, limit: int = 100, after: str | None = None
    ) -> JobPage:
        """The rows after a place, and the cursor that goes on.

        Raises:
            InvalidFilter: `after` is not a cursor of this order.
        """
        with self._database.cursor() as cursor:
            return fetch_job_page(cursor, selection, sort, limit=limit, after=after)

    def block(
        self,
        selection: Selection,
        *,
        sort: Sort = DEFAULT_SORT,
        offset: int = 0,
        limit: int = 100,
        columns: Sequence[str] | None = None,
    ) -> JobBlock:
        """The rows from an offset on, only the columns asked for, and how many jobs there are in all."""
        with self._database.cursor() as cursor:
            rows = fetch_job_block(cursor, selection, sort, offset=offset, limit=limit, columns=columns)
        return JobBlock(rows, self.count(selection))

    def count(self, selection: Selection) -> int:
        """How many jobs the selection has; asked of the store once a version of the tables."""
        question = (self._reports.version(), selection)
        with self._lock:
            if question in self._counts:
                return self._counts[question]
        with self._database.cursor() as cursor:
            found = count_jobs(cursor, selection)
        with self._lock:
            self._counts[question] = found
            while len(self._counts) > KEPT_COUNTS:
                self._counts.popitem(last=False)
        return found

    def totals(self, selection: Selection) -> dict[str, float | int | None]:
        """The totals row: every figure and the counts, equal to the Dashboard for the same selection."""
        summary = self._reports.summary(selection)
        both = {**summary.figures, **summary.engineering}
        tallies = {
            f"{kind}_{outcome}": getattr(getattr(summary, kind), outcome)
            for kind in ("checkpoints", "restores", "protections")
            for outcome in ("succeeded", "failed")
        }
        return {
            "jobs": summary.total_jobs,
            **{name: both[name].value for name in TOTALLED},
            **tallies,
            "protections_pending": summary.protections.pending,
            "protections_unprotected": summary.protections.unprotected,
        }

    def detail(self, job_id: str) -> JobDetail:
        """One job with all its parts.

        Raises:
            NotFound: nothing is known of it.
        """
        with self._database.cursor() as cursor:
            record = fetch_job(cursor, job_id)
            heard_at = fetch_heard_at(cursor, job_id)
        if record is None:
            raise self._missing(job_id)
        as_of = self._clock()
        stale = heard_at is not None and as_of - heard_at > self._reports.stale_after()
        figures = explain_job(record.job, record.attempts, record.checkpoints, record.restores)
        return JobDetail(
            as_of=as_of,
            job=record.job,
            attempts=record.attempts,
            checkpoints=record.checkpoints,
            restores=record.restores,
            notices=record.notices,
            children=record.children,
            children_total=record.children_total,
            parent=record.parent,
            figures=figures,
            heard_at=heard_at,
            stale=stale,
            running={} if stale else explain_running(record.job, as_of),
        )

    def require(self, job_id: str) -> None:
        """Nothing, where something is known of the job.

        Raises:
            NotFound: nothing is.
        """
        with self._database.cursor() as cursor:
            known = knows_job(cursor, job_id)
        if not known:
            raise self._missing(job_id)

    def _missing(self, job_id: str) -> NotFound:
        with self._database.cursor() as cursor:
            ended_at = fetch_removed_end(cursor, job_id)
        if ended_at is None:
            return no_such_job(job_id)
        return NotFound(
            f"Job {job_id[:200]!r} ended {to_iso(ended_at)} and is no longer listed: `retention.jobs` keeps jobs for a "
            "shorter time. It is still in the totals, and is listed again where jobs are kept longer."
        )

    def events(self, job_id: str, *, limit: int = EVENTS_PAGE, skip_latest: int = 0) -> EventPage:
        """The latest things said of a job, oldest of them first, as the journal holds them.

        Args:
            job_id: of the job; one nobody spoke of has none.
            limit: how many at most.
            skip_latest: how many of the latest to leave out, to read further back.
        """
        with self._database.cursor() as cursor:
            places, total = fetch_event_places(cursor, job_id, limit=limit, skip_latest=skip_latest)
        rows = []
        for place in places:
            line = orjson.loads(self._journal.read_line(place.position) or DAMAGED_LINE)
            rows.append(
                {
                    "position": place.position,
                    "happened_at": place.happened_at,
                    "received_at": line.get("received_at"),
                    "source": line.get("source"),
                    "id": line.get("id"),
                    "kind": line.get("kind"),
                    "type": line.get("type"),
                    "facts": line.get("facts"),
                    "raw": line.get("raw"),
                }
            )
        seen = skip_latest + len(rows)
        return EventPage(rows, total, seen if rows and seen < total else None)


def no_such_job(job_id: str) -> NotFound:
    """What to say where a job is asked for that nobody spoke of."""
    return NotFound(
        f"There is no job {job_id[:200]!r} here. Ids are those of AWS Batch, as in the list at /api/v1/jobs; "
        "a job sent a moment ago may need a second to appear."
    )
