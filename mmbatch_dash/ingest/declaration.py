"""What POST /api/v1/events takes and answers (events.md section 1)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mmbatch_dash.domain.endpoints import INTAKE, NDJSON, Content, Endpoint
from mmbatch_dash.domain.identity import Audience


class Rejected(BaseModel):
    """One event that was kept aside."""

    model_config = ConfigDict(extra="forbid")

    index: int = Field(description="Its place in the body, from 0.")
    id: str | None
    error: str


class Receipt(BaseModel):
    """What became of the events."""

    model_config = ConfigDict(extra="forbid")

    accepted: int = Field(ge=0)
    duplicates: int = Field(ge=0)
    rejected: list[Rejected]


class NothingTaken(Receipt):
    """Every event was kept aside: the shape of every error, and what became of the events."""

    statusCode: int  # noqa: N815 - the published key
    errorCode: int  # noqa: N815 - the published key
    message: str
    details: list[Any]


_EVENT = dict[str, Any]

DECLARATION = Endpoint(
    who=Audience.INGEST,
    about="Take in events: CloudEvents or EventBridge envelopes, alone, in lists or as NDJSON, gzip or not. Answered "
    "once they are on disk; 207 where some were kept aside, 422 where all were.",
    group=INTAKE,
    bodies=(
        Content(_EVENT | list[_EVENT]),
        Content(_EVENT, "application/cloudevents+json"),
        Content(list[_EVENT], "application/cloudevents-batch+json"),
        Content(str, NDJSON),
    ),
    answers={200: Content(Receipt), 207: Content(Receipt), 422: Content(NothingTaken)},
    errors=(413, 415),
    # Whoever sends events must not lose them over what a proxy adds to the address.
    lenient=True,
)
