"""GET /api/v1/summary and /api/v1/queues: the figures of the pages, for scripts."""

from typing import Any

import pandas as pd
from flask import Blueprint, Response, request

from mmbatch_dash.api.answers import asked_selection, json_answer
from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.groupings import DAY, Grouping, parse_grouping
from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.services import Services
from mmbatch_dash.services.reports import INCURRED


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("summary", __name__)

    @blueprint.get("/api/v1/summary")
    def get_summary() -> Response:
        return json_answer(services.reports.summary(asked_selection()).as_dict())

    @blueprint.get("/api/v1/queues")
    def get_queues() -> Response:
        by = parse_grouping(request.args.get("by") or "queue")
        if request.args.get("bucket") == "incurred":
            return json_answer(_incurred(services, by))
        rows = services.reports.groups(asked_selection(), by)
        return json_answer({"by": str(by), "rows": [{"key": key, **blocks.as_dict()} for key, blocks in rows]})

    return blueprint


def _incurred(services: Services, by: Grouping) -> dict[str, Any]:
    """Days by when cost and hours were incurred, not by when the jobs were submitted or completed."""
    if by.name != DAY:
        raise InvalidFilter("incurred goes with by=day: what a day cost", field="bucket")
    days = services.reports.incurred(asked_selection(), unit=BucketUnit.DAY).buckets
    rows = [
        {
            "key": UNKNOWN if pd.isna(row["bucket_start"]) else f"{row['bucket_start']:%Y-%m-%d}",
            **{name: _known(row[name]) for name in INCURRED},
        }
        for row in days.to_dict("records")
    ]
    return {"by": str(by), "bucket": "incurred", "rows": rows}


def _known(value: float) -> float | None:
    return None if value != value else float(value)
