"""Nextflow execution traces as journal entries: one row, one task, one AWS Batch job.

What is taken from a row, and what is not:

- `native_id` is the AWS Batch job id. Where it is not shaped like one (a process id of a task that ran beside
  Nextflow, a grid job number) it repeats between hosts, so the job is `nextflow-HASH-NATIVE_ID`: the same task in two
  traces of one run stays one job, and tasks of different runs stay apart.
- A row knows one placement, the last: host, exit code and times are those of the job's latest attempt, whose number
  the row does not tell. Nextflow's own `attempt` counts AWS Batch jobs, not attempts of one; it is a tag. Other columns
  that describe the task become tags as well, all under the prefix `nextflow.`.
- `complete`, where it is missing, is submit + duration, as Nextflow defines duration. A start is never computed:
  `realtime` is documented as complete − start, but is measured inside the task's wrapper and leaves out staging
  (nextflow-io/nextflow issues 6954 and 3492; by 10 to 60 s a task in real traces), so a trace without `start` has
  unknown run times rather than wrong ones.
- Columns that a task can do without (memory, cpus, exit, duration) and that cannot be read are unknown, and named.
- Times that run backwards by no more than clock skew are kept as they stand; in the hour that a clock repeats the
  reading that fits the row's order, duration and realtime is taken.
- Exit `-`, and the 2147483647 by which Nextflow says that it never learnt one, are no exit code and no reclaim.
- A CACHED row repeats a task of an earlier run: an entry without facts, kept and counted in no figure.
- An entry's time is the latest time its row states, not a computed one: of two traces of one run, the one that states
  completion decides it.
- An entry's id is a hash of the row alone, and the zone its dates were read in stands beside the row: the same trace
  read in another zone is a conflict that shows, not a second set of facts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from itertools import combinations

from mmbatch_dash.adapters.batch_detail import parent_of
from mmbatch_dash.adapters.local_times import choose_readings, readings_of
from mmbatch_dash.adapters.quantities import parse_duration_seconds, parse_size_bytes
from mmbatch_dash.adapters.reading import Lenient, content_id, known, positive
from mmbatch_dash.adapters.tables import cells_of, separator_of
from mmbatch_dash.domain.choices import EndReason, JobStatus, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import JOB_REPORTED, LATEST_REPORTED, Entry, Fact, Place, Rejection
from mmbatch_dash.domain.instants import CLOCK_SKEW

DOOR = "nextflow"
SOURCE = "nextflow/trace"
KIND = SourceKind.TRACE
CACHED = "CACHED"
TAGGED = ("process", "tag", "hash", "attempt", "task_id", "container", "module", "error_action")
NO_EXIT_CODE = 2**31 - 1

_STATUSES = {
    "NEW": JobStatus.SUBMITTED,
    "SUBMITTED": JobStatus.SUBMITTED,
    "RUNNING": JobStatus.RUNNING,
    "COMPLETED": JobStatus.SUCCEEDED,
    "FAILED": JobStatus.FAILED,
    "ABORTED": JobStatus.FAILED,
}
_ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED)
_BATCH_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}([:#]\d+)?")
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,}")
_PROCESS_OF_NAME = re.compile(r"^(\S+) \(.*\)$")

Row = Mapping[str, str]


def read_lines(lines: Iterable[str], *, zone: tzinfo, file: str | None = None) -> Iterator[Entry | Rejection]:
    """Entries of the rows in their order; a bad row is a Rejection with its line, counted from 1.

    Traces may follow each other in one file, each under its own header.

    Args:
        lines: the trace, header first; its columns separated by tab, comma or semicolon.
        zone: where dates without a zone were written.
        file: where the lines come from.

    Raises:
        InvalidInput: there is no header with `status` and `native_id` or `hash`.
    """
    header: list[str] = []
    separator, quoted = "\t", False
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            continue
        if found := _separator_of_header(text):
            # In a trace of tabs a quote is a quote of somebody's script, unless the header is quoted as well.
            separator, quoted = found, found != "\t" or '"' in text
            header = cells_of(text, separator)
            continue
        if not header:
            raise InvalidInput(
                "the first line is not the header of a Nextflow trace; it must name status and native_id or hash"
            )
        # A retry has the line alone; without these it could not be read again.
        options = {"timezone": str(zone), "header": separator.join(header), "separator": separator}
        try:
            cells = cells_of(text, separator, quoted=quoted)
            if len(cells) != len(header):
                raise InvalidInput(f"the line has {len(cells)} columns, its header {len(header)}; is the file cut off?")
            entry = read_row(dict(zip(header, cells, strict=True)), zone=zone)
            yield entry._replace(place=Place(number, DOOR, file, options))
        except InvalidInput as error:
            yield Rejection(str(error), text, number, None, DOOR, file, options)
    if not header:
        raise InvalidInput("the file is empty; a Nextflow trace begins with a header")


def read_row(row: Row, *, zone: tzinfo) -> Entry:
    """One task of a trace as an entry; `row` maps column names to their text.

    Raises:
        InvalidInput: a column does not parse, its times run backwards, or it has none.
    """
    row = {column: text for column, text in row.items() if text not in ("", "-")}
    status = row.get("status", "")
    if status != CACHED and status not in _STATUSES:
        expected = ", ".join([*_STATUSES, CACHED])
        raise InvalidInput(f"{status!r} is not a task status ({expected})", field="status")
    lenient = Lenient()
    times = _times(row, zone, lenient)
    if not times:
        raise InvalidInput("the task has no time: submit, start and complete are all missing", field="submit")
    for earlier, later in combinations(times, 2):
        if times[later] < times[earlier] - CLOCK_SKEW:
            raise InvalidInput(f"submit, start and complete run backwards: {later} is before {earlier}", field=later)
    latest = max(times.values())
    return Entry(
        source=SOURCE,
        id=content_id(row),
        kind=KIND,
        type=f"Nextflow task {status}",
        time=latest,
        facts=_facts(row, _STATUSES[status], times, latest, lenient) if status in _STATUSES else [],
        raw={"row": dict(row), "timezone": str(zone)},
    )


def _times(row: Row, zone: tzinfo, lenient: Lenient) -> dict[str, datetime]:
    """submit, start and complete as far as the row states them, in this order."""
    stated = [key for key in ("submit", "start", "complete") if key in row]
    read = {key: lenient.read(readings_of, row[key], zone=zone, field=key) for key in stated}
    readings = {key: instants for key, instants in read.items() if instants}
    ignored = Lenient()
    spans = [
        (since, "complete", seconds)
        for since, column in (("submit", "duration"), ("start", "realtime"))
        if column in row and (seconds := ignored.read(parse_duration_seconds, row[column], field=column)) is not None
    ]
    return choose_readings(readings, spans)


def job_id_of(row: Row) -> str:
    """The AWS Batch job id of a task, or an id of its own for one that was not an AWS Batch job.

    Raises:
        InvalidInput: the row has neither `native_id` nor `hash`.
    """
    native, task_hash = row.get("native_id"), row.get("hash")
    if native and _BATCH_ID.fullmatch(native):
        return native
    if not native and not task_hash:
        raise InvalidInput("the task has neither native_id nor hash to know it by", field="native_id")
    # Without a hash the submit time keeps a process id apart from the same number on another day.
    apart = (task_hash or row.get("submit", "")).replace("/", "")
    return "-".join(part for part in ("nextflow", apart, native) if part)


def _facts(row: Row, status: JobStatus, times: Mapping[str, datetime], at: datetime, lenient: Lenient) -> list[Fact]:
    job_id = job_id_of(row)
    ended = status in _ENDED
    completed = _completed(row, times, lenient) if ended else None
    exit_code = lenient.read(_exit_code, row)
    # Nothing but a start, an exit code or a run time says that the task ever ran.
    ran = status == JobStatus.SUCCEEDED or "start" in times or exit_code is not None or "realtime" in row
    job = known(
        {
            "type": JOB_REPORTED,
            "at": at,
            "job_id": job_id,
            "parent_id": parent_of(job_id),
            "name": row.get("name") or row.get("process"),
            "queue": row.get("queue"),
            "tags": _tags(row),
            "vcpus": lenient.read(positive, row["cpus"], field="cpus") if "cpus" in row else None,
            "memory_mib": lenient.read(_memory_mib, row["memory"]) if "memory" in row else None,
            "status": status.value,
            "status_reason": "Nextflow aborted the task" if row["status"] == "ABORTED" else None,
            "submitted_at": times.get("submit"),
            "completed_at": completed,
            "unread": lenient.unread or None,
        }
    )
    if not ran:
        return [job]
    reason = EndReason.COMPLETED if status == JobStatus.SUCCEEDED else EndReason.FAILED
    host = row.get("hostname", "")
    placement = known(
        {
            "type": LATEST_REPORTED,
            "at": at,
            "job_id": job_id,
            "started_at": times.get("start"),
            "ended_at": completed,
            "end_reason": reason.value if ended else None,
            "exit_code": exit_code if ended else None,
            "instance_id": host if _INSTANCE_ID.fullmatch(host) else None,
        }
    )
    return [job, placement]


def _completed(row: Row, times: Mapping[str, datetime], lenient: Lenient) -> datetime | None:
    if "complete" in times or "submit" not in times or "duration" not in row:
        return times.get("complete")
    seconds = lenient.read(parse_duration_seconds, row["duration"])
    if seconds is None:
        return None
    completed = times["submit"] + timedelta(seconds=seconds)
    if "start" in times and completed < times["start"] - CLOCK_SKEW:
        raise InvalidInput("submit + duration is before start", field="duration")
    return completed


def _memory_mib(text: str) -> float:
    return positive(parse_size_bytes(text), field="memory") / 2**20


def _exit_code(row: Row) -> int | None:
    text = row.get("exit")
    if text is None:
        return None
    try:
        code = int(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not an exit code", field="exit") from None
    if not -(2**31) <= code <= NO_EXIT_CODE:
        raise InvalidInput(f"{text!r} is not an exit code", field="exit")
    return None if code == NO_EXIT_CODE else code


def _tags(row: Row) -> dict[str, str] | None:
    tags = {f"nextflow.{column}": row[column] for column in TAGGED if column in row}
    # Nextflow names a task "process (tag)", so a trace without the column still tells the process.
    if "process" not in row and (match := _PROCESS_OF_NAME.match(row.get("name", ""))):
        tags["nextflow.process"] = match[1]
    return tags or None


def _separator_of_header(text: str) -> str | None:
    if "status" not in text:
        return None
    return separator_of(text, ("status", "native_id")) or separator_of(text, ("status", "hash"))
