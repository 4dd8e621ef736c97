"""Which jobs were open when a source was asked or a file was written, as entries of their own.

A job that is still running says nothing for as long as it runs. That AWS, or a file, named it among the open ones is a
sign of life all the same, at the time of the run or at the latest time that the file itself tells.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from mmbatch_dash.adapters.reading import content_id
from mmbatch_dash.domain.choices import JobStatus, SourceKind
from mmbatch_dash.domain.facts import JOB_REPORTED, JOBS_SEEN, Entry, Fact, Rejection

IDS_AT_ONCE = 5000
_ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED)


class OpenJobs:
    """Watches entries pass by.

    Attributes:
        latest: the latest time of any of them, None before the first.
    """

    def __init__(self) -> None:
        self.latest: datetime | None = None
        self._open: dict[str, datetime] = {}
        self._kind = SourceKind.TRACE

    def watch(self, items: Iterable[Entry | Rejection]) -> Iterator[Entry | Rejection]:
        """The items as they come."""
        for item in items:
            if isinstance(item, Entry):
                self._note(item)
            yield item

    def entries(self, source: str, *, at: datetime | None = None) -> list[Entry]:
        """What was seen of jobs that were open.

        Args:
            source: who saw them.
            at: when; None is the latest time of what passed by, and then jobs that spoke at that time are left out.
        """
        spoken_at = at or self.latest
        if spoken_at is None:
            return []
        names = sorted(name for name, own in self._open.items() if at is not None or own < spoken_at)
        return [
            _entry(source, spoken_at, names[first : first + IDS_AT_ONCE], self._kind)
            for first in range(0, len(names), IDS_AT_ONCE)
        ]

    def _note(self, entry: Entry) -> None:
        self.latest = max(self.latest or entry.time, entry.time)
        self._kind = entry.kind
        for fact in entry.facts:
            if fact["type"] != JOB_REPORTED or "status" not in fact or fact.get("is_parent"):
                continue
            if fact["status"] in _ENDED:
                self._open.pop(fact["job_id"], None)
            else:
                self._open[fact["job_id"]] = entry.time


def _entry(source: str, at: datetime, job_ids: list[str], kind: SourceKind) -> Entry:
    fact: Fact = {"type": JOBS_SEEN, "at": at, "job_ids": job_ids}
    raw = {"time": at.isoformat(), "job_ids": job_ids}
    return Entry(source, content_id(raw), kind, JOBS_SEEN, at, [fact], raw)
