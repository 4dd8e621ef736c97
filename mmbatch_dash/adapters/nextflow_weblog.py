"""Messages of Nextflow's `-with-weblog` as journal entries: a task's message holds the row its trace will have.

Each message says what was known when it was sent: submitted, started, ended. They are read as rows of a trace are (see
`nextflow`), so that a run told both ways has the same figures; the name of the run and the process become tags,
`runName` and `process`. Of a run's own messages nothing is a fact about a job: they are kept without their parameters
and command line, which may hold secrets, as are a task's without its script and environment.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any

from mmbatch_dash.adapters import nextflow
from mmbatch_dash.adapters.reading import content_id, mapping_of, required_text, text_of
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import JOB_REPORTED, Entry, Rejection
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.domain.quoting import shown

DOOR = "nextflow-weblog"
SOURCE = "nextflow/weblog"
OF_THE_RUN = ("started", "completed", "error")
OF_A_TASK = ("process_submitted", "process_started", "process_completed", "error")
_SECRET = ("script", "env")
_TIMES = ("submit", "start", "complete")


def read_messages(messages: Iterable[Any]) -> Iterator[Entry | Rejection]:
    """Entries of messages in their order; a bad one is a Rejection with its place, counted from 0."""
    for index, message in enumerate(messages):
        try:
            yield read_message(message)
        except InvalidInput as error:
            yield Rejection(str(error), message, index, None, DOOR)


def read_message(message: Any) -> Entry:
    """One message as an entry.

    Raises:
        InvalidInput: it is no message of a weblog, or its task breaks a rule of traces.
    """
    if not isinstance(message, Mapping):
        raise InvalidInput(f"must be a JSON object as Nextflow's weblog sends, not {shown(message)}")
    event, run = required_text(message, "event"), required_text(message, "runName")
    if event not in (*OF_THE_RUN, *OF_A_TASK):
        raise InvalidInput(f"{event!r} is none of {', '.join(dict.fromkeys((*OF_THE_RUN, *OF_A_TASK)))}", field="event")
    task = mapping_of(message, "trace")
    if not task:
        if event not in OF_THE_RUN:
            raise InvalidInput("is missing; a message of a task must hold it", field="trace")
        return _of_the_run(message, event, run)
    row = {column: text for column, value in task.items() if column not in _SECRET and (text := _text(column, value))}
    entry = nextflow.read_row(row, zone=UTC)
    tags = {"runName": run, **({"process": row["process"]} if "process" in row else {})}
    for fact in entry.facts:
        if fact["type"] == JOB_REPORTED:
            fact["tags"] = {**(fact.get("tags") or {}), **tags}
    return entry._replace(
        source=SOURCE,
        id=content_id({"run": run, "row": row}),
        type=f"Nextflow {event}",
        raw={"event": event, "runName": run, "runId": text_of(message, "runId"), "trace": row},
    )


def _of_the_run(message: Mapping[str, Any], event: str, run: str) -> Entry:
    at = parse_instant(required_text(message, "utcTime"), zone=UTC, field="utcTime")
    said = {"event": event, "runName": run, "runId": text_of(message, "runId"), "utcTime": message["utcTime"]}
    return Entry(
        source=SOURCE,
        id=content_id(said),
        kind=nextflow.KIND,
        type=f"Nextflow run {event}",
        time=at,
        facts=[],
        raw=said,
    )


def _text(column: str, value: Any) -> str:
    """A value as a raw trace prints it; empty where it says nothing."""
    if value is None or isinstance(value, bool | Mapping):
        return ""
    if isinstance(value, list):
        return ",".join(map(str, value))
    # Not yet started or ended.
    if column in _TIMES and value in (0, "0"):
        return ""
    return str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")
