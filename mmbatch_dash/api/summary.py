"""GET /api/v1/summary and /api/v1/queues: the figures of the pages, for scripts."""

from typing import Any

import pandas as pd
from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.summary import Groups, IncurredDays, Summary
from mmbatch_dash.api.queries import GroupsQuery, SelectionQuery
from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.domain.endpoints import Content, Endpoint
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.groupings import DAY, parse_grouping
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.paging import Page, take_page
from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.services import Services
from mmbatch_dash.services.reports import INCURRED

_FIGURES = "Figures"


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("summary", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/summary",
        Endpoint(
            who=Audience.READER,
            about="The headline figures, counts, rates and coverage of the selected jobs.",
            group=_FIGURES,
            query=SelectionQuery,
            answers={200: Content(Summary)},
        ),
    )
    def get_summary(query: SelectionQuery) -> Response:
        return json_answer(services.reports.summary(query.selection).as_dict())

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/queues",
        Endpoint(
            who=Audience.READER,
            about="The same by queue, or by what else jobs can be grouped by; the costliest first, days in order.",
            group=_FIGURES,
            query=GroupsQuery,
            answers={200: Content(Groups | IncurredDays)},
        ),
    )
    def get_queues(query: GroupsQuery) -> Response:
        by = parse_grouping(query.by)
        if query.bucket == "incurred":
            if by.name != DAY:
                raise InvalidFilter("incurred goes with by=day: what a day cost", field="bucket")
            return json_answer(_incurred(services, query))
        groups = services.reports.groups(query.selection, by)
        page = groups.page(limit=query.limit, after=query.after)
        removed = groups.removed.as_dict() if groups.removed else None
        rows = [{"key": key, **blocks.as_dict()} for key, blocks in page.rows]
        return json_answer({"by": str(by), "rows": rows, "removed": removed, "next": page.next})

    return blueprint


def _incurred(services: Services, query: GroupsQuery) -> dict[str, Any]:
    """Days by when cost and hours were incurred, not by when the jobs were submitted or completed."""
    days = services.reports.incurred(query.selection, unit=BucketUnit.DAY).buckets
    rows = [
        {
            "key": UNKNOWN if pd.isna(row["bucket_start"]) else f"{row['bucket_start']:%Y-%m-%d}",
            **{name: _known(row[name]) for name in INCURRED},
        }
        for row in days.to_dict("records")
    ]
    page: Page[dict[str, Any]] = take_page(rows, lambda row: str(row["key"]), limit=query.limit, after=query.after)
    return {"by": DAY, "bucket": "incurred", "rows": page.rows, "next": page.next}


def _known(value: float) -> float | None:
    return None if value != value else float(value)
