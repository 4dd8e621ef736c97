"""Every endpoint of the API as data: who may ask, what it takes, what it answers. The document and its page show it."""

from dataclasses import dataclass, field
from typing import Any

from mmbatch_dash.api.paging import MOST_ROWS, ROWS
from mmbatch_dash.api.schemas import Schema, named
from mmbatch_dash.domain.filters import UNKNOWN, Filter, Match
from mmbatch_dash.domain.groupings import GROUPINGS
from mmbatch_dash.domain.selection import DECLARED, REPEATED
from mmbatch_dash.store.queries.job_fields import SORTABLE
from mmbatch_dash.store.queries.nodes import NODE_SORTABLE, NodeState

JSON = "application/json"
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
NDJSON = "application/x-ndjson"
READER, ADMIN, ANYONE = "reader", "admin", "anyone"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query or path parameter.

    Attributes:
        where: query or path.
    """

    name: str
    schema: Schema
    about: str
    where: str = "query"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    Attributes:
        who: the least right it needs where a login is configured.
        answers: status → (content type, schema or None) of what is not an error.
        errors: status of errors it may answer besides those every endpoint may.
        body: content type → schema of the body it takes.
    """

    method: str
    path: str
    about: str
    who: str
    answers: dict[int, tuple[str, Schema | None]]
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    body: dict[str, Schema] = field(default_factory=dict)
    group: str = "Figures"


def _many(name: str, about: str, schema: Schema | None = None) -> Parameter:
    return Parameter(name, {"type": "array", "items": schema or {"type": "string"}}, f"{about} May repeat.")


def _of_selection() -> tuple[Parameter, ...]:
    found = []
    for attribute, declared in DECLARED.items():
        value: Schema = {"type": "string"}
        if declared.vocabulary:
            value["enum"] = list(declared.vocabulary)
        if declared.example:
            value["examples"] = [declared.example]
        name = declared.name or attribute
        about = declared.about
        if isinstance(declared, Filter) and declared.match is Match.VALUE:
            about += f" {UNKNOWN} for jobs without."
        found.append(_many(name, about, value) if name in REPEATED else Parameter(name, value, about))
    return tuple(found)


_TIME = "an ISO 8601 instant, or a date in `tz`"
SELECTION = _of_selection()
_SORTS = [*SORTABLE, *(f"-{name}" for name in SORTABLE)]
SORT = Parameter("sort", {"type": "string", "enum": _SORTS}, "Column; - before it for descending. Unknown comes last.")
LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}, f"Rows; {ROWS} if not given.")
AFTER = Parameter("after", {"type": "string"}, "`next` of the page before, in the same order.")
JOB_ID = Parameter("job_id", {"type": "string", "minLength": 1}, "AWS Batch job id.", "path")
STATE = _many("state", "Node state.", {"type": "string", "enum": [state.value for state in NodeState]})


def _get(
    path: str,
    about: str,
    answer: tuple[str, Schema | None],
    *parameters: Parameter,
    group: str = "Figures",
    who: str = READER,
    errors: tuple[int, ...] = (400,),
    cached: bool = False,
) -> Endpoint:
    answers = {200: answer, **({304: ("", None)} if cached else {})}
    return Endpoint("GET", path, about, who, answers, parameters, errors, group=group)


def _put(
    path: str, about: str, answer: Schema, *, method: str = "PUT", errors: tuple[int, ...] = (409, 422)
) -> Endpoint:
    body: dict[str, Schema] = {JSON: {"type": "object"}} if method == "PUT" else {}
    found = (400, 413, 415, *errors)
    return Endpoint(method, path, about, ADMIN, {200: (JSON, answer)}, errors=found, body=body, group="Configuration")


_OBJECT: Schema = {"type": "object"}
_IDS: Schema = {
    "type": "object",
    "properties": {"ids": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST_ROWS}},
    "required": ["ids"],
}
_EVENT: dict[str, Any] = {"type": ["object", "array"], "description": "A CloudEvent or EventBridge event, or a list."}
_TEXT: Schema = {"type": "string"}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/api/v1/events",
        "Take in events; answered once they are on disk. 207 where some were kept aside, 422 where all were.",
        "ingest",
        {200: (JSON, named("Receipt")), 207: (JSON, named("Receipt"))},
        errors=(400, 413, 415, 422),
        body={
            JSON: _EVENT,
            "application/cloudevents+json": _OBJECT,
            "application/cloudevents-batch+json": {"type": "array", "items": _OBJECT},
            NDJSON: _TEXT,
        },
        group="Intake",
    ),
    _get(
        "/api/v1/rejects",
        "What was kept aside, oldest first.",
        (JSON, _OBJECT),
        LIMIT,
        AFTER,
        group="Intake",
        errors=(400, 422),
    ),
    _get("/api/v1/rejects.ndjson", "All of it as a file.", (NDJSON, _TEXT), group="Intake", errors=()),
    *(
        Endpoint(
            "POST",
            f"/api/v1/rejects/{verb}",
            about,
            ADMIN,
            {200: (JSON, _OBJECT)},
            errors=(400, 415, 422),
            body={JSON: _IDS},
            group="Intake",
        )
        for verb, about in (("retry", "Read rejected events again."), ("dismiss", "Take rejects off the list."))
    ),
    _get(
        "/api/v1/summary",
        "The headline figures, counts, rates and coverage of the selected jobs.",
        (JSON, named("Summary")),
        *SELECTION,
    ),
    _get(
        "/api/v1/queues",
        "The same by a dimension.",
        (JSON, named("Groups")),
        *SELECTION,
        Parameter("by", _TEXT, f"{', '.join(GROUPINGS)}."),
    ),
    _get("/api/v1/prices/coverage", "How well the cost figures are founded.", (JSON, _OBJECT), *SELECTION),
    _get(
        "/api/v1/jobs",
        "The selected jobs, a page at a time.",
        (JSON, named("JobPage")),
        *SELECTION,
        SORT,
        LIMIT,
        AFTER,
        group="Jobs",
        cached=True,
    ),
    _get(
        "/api/v1/jobs/{job_id}",
        "One job with attempts, checkpoints, restores, its latest events, and how each of its figures was computed.",
        (JSON, named("JobDetail")),
        JOB_ID,
        group="Jobs",
        errors=(404,),
        cached=True,
    ),
    _get(
        "/api/v1/jobs/{job_id}/events",
        "What was said of it, the latest page first, oldest first within a page.",
        (JSON, named("JobEvents")),
        JOB_ID,
        LIMIT,
        Parameter("skip_latest", {"type": "integer", "minimum": 0}, "`skip_latest` of the page before."),
        group="Jobs",
        errors=(400, 404),
    ),
    _get("/api/v1/jobs.csv", "The selected jobs as CSV.", (CSV, _TEXT), *SELECTION, SORT, group="Files"),
    _get("/api/v1/jobs.parquet", "The selected jobs as Parquet.", (PARQUET, None), *SELECTION, SORT, group="Files"),
    _get("/api/v1/attempts.csv", "Their attempts as CSV.", (CSV, _TEXT), *SELECTION, group="Files"),
    _get("/api/v1/attempts.parquet", "Their attempts as Parquet.", (PARQUET, None), *SELECTION, group="Files"),
    _get("/api/v1/nodes.csv", "Nodes, finished ones too, as CSV.", (CSV, _TEXT), *SELECTION, STATE, group="Files"),
    _get(
        "/api/v1/nodes",
        "Nodes with their state.",
        (JSON, named("NodeList")),
        *SELECTION,
        STATE,
        Parameter(
            "sort",
            {"type": "string", "enum": [*NODE_SORTABLE, *(f"-{name}" for name in NODE_SORTABLE)]},
            "Column; - before it for descending. Unknown comes last. Those heard of last come first if not given.",
        ),
        LIMIT,
        Parameter("offset", {"type": "integer", "minimum": 0}, "Rows to pass over."),
        group="Nodes",
    ),
    _get(
        "/api/v1/job",
        "The selected jobs in the published MMBatch shape. `batchJobIds` lists one id: the AWS Batch "
        "job id, which is also `id`.",
        (JSON, named("PublishedJobs")),
        *SELECTION,
        Parameter("limit", {"type": "integer", "minimum": 1}, "How many at most; all if not given."),
        group="MMBatch",
    ),
    _get(
        "/api/v1/node",
        "Nodes in the published MMBatch shape.",
        (JSON, named("PublishedNodes")),
        *SELECTION,
        group="MMBatch",
    ),
    _get(
        "/api/v1/metrics/summary",
        "One point an hour and queue; runtime and timeSaved in seconds.",
        (JSON, named("PublishedHours")),
        Parameter("start", _TEXT, f"From: {_TIME}."),
        Parameter("end", _TEXT, f"To: {_TIME}."),
        *SELECTION,
        group="MMBatch",
    ),
    _get(
        "/api/v1/config",
        "The whole configuration, secrets left out.",
        (JSON, _OBJECT),
        group="Configuration",
        errors=(),
        cached=True,
    ),
    _get(
        "/api/v1/config/obedience",
        "Which node or client has which version of the configuration, and since when.",
        (JSON, _OBJECT),
        group="Configuration",
        errors=(),
    ),
    _put("/api/v1/configKV", 'Change values by key: {"kvMap": {"node.ttl": "5m"}}; all or nothing.', _OBJECT),
    _put("/api/v1/ckptConfig", "Change checkpoint values; durations as 15m or integer nanoseconds.", _OBJECT),
    _get("/api/v1/log/config", "Log level and sizes.", (JSON, _OBJECT), group="Configuration", errors=()),
    _put("/api/v1/log/config", "Change some of them.", _OBJECT),
    _get(
        "/api/v1/security/cognito",
        "The user pool that signs people in.",
        (JSON, _OBJECT),
        group="Configuration",
        errors=(),
    ),
    _put("/api/v1/security/cognito", "Change it.", _OBJECT, errors=(409, 422)),
    _put("/api/v1/security/cognito", "Switch it off.", _OBJECT, method="DELETE"),
    _get("/api/v1/sync", "What came of asking AWS.", (JSON, _OBJECT), group="Operation", errors=()),
    Endpoint("POST", "/api/v1/sync", "Ask AWS now.", ADMIN, {202: (JSON, _OBJECT)}, group="Operation"),
    _get("/healthz", "Whether the process is up.", (JSON, _OBJECT), group="Operation", who=ANYONE, errors=()),
    _get(
        "/readyz",
        "Whether the store is writable and the tables are not behind.",
        (JSON, _OBJECT),
        group="Operation",
        who=ANYONE,
        errors=(),
    ),
    _get(
        "/metrics",
        "Figures by queue, intake, lag and request times for Prometheus.",
        ("text/plain", _TEXT),
        group="Operation",
        errors=(),
    ),
    _get("/api/openapi.json", "This document.", (JSON, _OBJECT), group="Operation", errors=()),
    _get("/api/docs", "This document for people.", ("text/html", _TEXT), group="Operation", errors=()),
)
