"""JSON Schemas of what the API answers, made from the same declarations the answers are made from."""

from collections.abc import Iterable, Mapping
from typing import Any

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURE, FIGURES, PROTECTION_OUTCOMES
from mmbatch_dash.store.queries.exports import NODE_FIELDS
from mmbatch_dash.store.queries.job_fields import (
    ATTEMPT_FIELDS,
    CHECKPOINT_FIELDS,
    JOB_FIELDS,
    RESTORE_FIELDS,
    Field,
    Shape,
)
from mmbatch_dash.store.queries.nodes import NodeState

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
MAYBE_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
ANY_OBJECT: Schema = {"type": "object"}
_SHAPES: dict[Shape, Schema] = {
    Shape.TEXT: MAYBE_TEXT,
    Shape.NUMBER: MAYBE_NUMBER,
    Shape.WHOLE: {"type": ["integer", "null"]},
    Shape.INSTANT: MAYBE_INSTANT,
    Shape.FLAG: {"type": ["boolean", "null"]},
    Shape.TAGS: {"type": ["object", "null"], "additionalProperties": MAYBE_TEXT},
    Shape.TEXTS: {"type": ["array", "null"], "items": TEXT},
}


def record(properties: Mapping[str, Schema], *, required: Iterable[str] | None = None) -> Schema:
    """An object with these properties, all of them required unless said otherwise."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": sorted(properties if required is None else required),
    }


def array(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items}


def named(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _row(fields: Iterable[Field], **more: Schema) -> Schema:
    return record({**{field.name: _SHAPES[field.shape] for field in fields}, **more})


def _blocks() -> dict[str, Schema]:
    total = named("Total")
    tally = {"attempts": COUNT, "succeeded": COUNT, "failed": COUNT, "rate": MAYBE_NUMBER}
    return {
        "figures": record(
            {"total_jobs": COUNT, "spot_protections": COUNT, **{figure.name: total for figure in FIGURES}}
        ),
        "engineering": record({figure.name: total for figure in ENGINEERING_FIGURES}),
        "checkpoints": record(tally),
        "restores": record(tally),
        "protections": record({**tally, **dict.fromkeys(PROTECTION_OUTCOMES, COUNT)}),
    }


def _explained() -> Schema:
    return record(
        {
            "value": MAYBE_NUMBER,
            "unit": TEXT,
            "formula": TEXT,
            "computed": TEXT,
            "inputs": ANY_OBJECT,
            "unknown_because": MAYBE_TEXT,
            "rates": array(ANY_OBJECT),
        },
        required=("value", "unit", "formula", "computed", "inputs", "unknown_because"),
    )


def _job_detail() -> Schema:
    own = {field.name: _SHAPES[field.shape] for field in JOB_FIELDS if field.name != "attempts"}
    return record(
        {
            **own,
            "as_of": TEXT,
            "heard_at": MAYBE_TEXT,
            "stale": {"type": "boolean"},
            "is_parent": {"type": "boolean"},
            "attempts": array(named("Attempt")),
            "checkpoints": array(_row(CHECKPOINT_FIELDS)),
            "restores": array(_row(RESTORE_FIELDS)),
            "reclaim_notices": array(ANY_OBJECT),
            "parent": {"type": ["object", "null"]},
            "children": array(ANY_OBJECT),
            "children_total": COUNT,
            "figures": record({name: named("ExplainedFigure") for name in FIGURE}),
            "running": {"type": "object", "additionalProperties": named("ExplainedFigure")},
            "events": array(named("JobEvent")),
            "events_total": COUNT,
            "events_shown": COUNT,
        }
    )


def _published_job() -> Schema:
    event = dict.fromkeys(("timestamp", "eventType"), TEXT)
    event |= dict.fromkeys(("nodeOid", "containerId", "batchJobId"), MAYBE_TEXT)
    texts = dict.fromkeys(("queueName", "createdAt", "updatedAt", "nodeOid", "containerId"), MAYBE_TEXT)
    lists = {"batchJobIds": array(TEXT), "volumeIds": array(TEXT), "events": array(record(event))}
    return record({"id": TEXT, "status": TEXT, **texts, "spotProtCount": COUNT, **lists})


def _published_node() -> Schema:
    texts = dict.fromkeys(("hostName", "cloud", "arch", "cpuModel", "cpuVendor", "lastHeartbeat"), MAYBE_TEXT)
    instance = ("zone", "instanceId", "instanceType", "region", "createTime", "payType")
    numbers = {"cores": MAYBE_NUMBER, "memoryInMB": MAYBE_NUMBER}
    return record(
        {"id": TEXT, "ips": array(TEXT), **texts, **numbers, "instance": record(dict.fromkeys(instance, MAYBE_TEXT))}
    )


def _hours() -> Schema:
    point = record(
        {
            "id": TEXT,
            "point": record({"time": TEXT, "value": {"type": "number"}}),
            "metaData": record({"queueName": MAYBE_TEXT}),
        }
    )
    series = ("jobSubmitted", "runtime", "spotProtection", "timeSaved")
    return record({"items": record(dict.fromkeys(series, array(point)))})


def build_schemas() -> dict[str, Schema]:
    """Name → schema, all of the document."""
    running = {"jobs": COUNT, "stale_jobs": COUNT, "cpu_hours": MAYBE_NUMBER, "cost_usd": MAYBE_NUMBER}
    blocks = _blocks()
    rejected = {"index": {"type": "integer"}, "id": MAYBE_TEXT, "error": TEXT}
    return {
        "Error": record(
            {"statusCode": {"type": "integer"}, "errorCode": {"type": "integer"}, "message": TEXT, "details": array({})}
        ),
        "Total": record({"value": MAYBE_NUMBER, "coverage": MAYBE_NUMBER}),
        "Summary": record(
            {
                "as_of": TEXT,
                "selection": ANY_OBJECT,
                **blocks,
                "running": record(running),
                "recosting": record({"jobs": COUNT}),
                "removed": record({"jobs": COUNT, "before": MAYBE_INSTANT}),
            }
        ),
        "Groups": record({"by": TEXT, "rows": array(record({"key": TEXT, **blocks}))}),
        "Job": _row(JOB_FIELDS),
        "JobPage": record({"rows": array(named("Job")), "next": MAYBE_TEXT}),
        "Attempt": _row(ATTEMPT_FIELDS, cost_usd=MAYBE_NUMBER),
        "ExplainedFigure": _explained(),
        "JobEvent": record(
            {
                "position": COUNT,
                "happened_at": TEXT,
                "received_at": MAYBE_TEXT,
                "source": MAYBE_TEXT,
                "id": MAYBE_TEXT,
                "kind": {"type": ["integer", "null"]},
                "type": MAYBE_TEXT,
                "facts": {"type": ["array", "null"]},
                "raw": {},
            }
        ),
        "JobEvents": record(
            {"rows": array(named("JobEvent")), "total": COUNT, "skip_latest": {"type": ["integer", "null"]}}
        ),
        "JobDetail": _job_detail(),
        "NodeList": record(
            {
                "as_of": TEXT,
                "heartbeat_seconds": {"type": "number"},
                "ttl_seconds": {"type": "number"},
                "states": record({state.value: COUNT for state in NodeState}),
                "rows": array(_row(NODE_FIELDS)),
            }
        ),
        "PublishedJobs": array(_published_job()),
        "PublishedNodes": array(_published_node()),
        "PublishedHours": _hours(),
        "Receipt": record({"accepted": COUNT, "duplicates": COUNT, "rejected": array(record(rejected))}),
        "Object": ANY_OBJECT,
    }
