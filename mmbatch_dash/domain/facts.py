"""The one vocabulary of the journal: every door turns what it receives into entries made of these facts.

A fact is a flat record about one job, attempt, instance or price. Columns have the same meaning
whatever the source, so the fold merges column by column and never asks which system spoke.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict

from mmbatch_dash.domain.choices import SourceKind


class Fact(TypedDict, total=False):
    """One fact. Absent means unknown; a key is never present with None.

    `type` is a CloudEvents type of a native event, or one of REPORTED_TYPES for what AWS and
    traces say. Times are aware UTC.

    What the less obvious columns say:

    - `never_started`: AWS's word that an ended job never ran; its attempts, if it lists any, have the end reason
      `not_started`.
    - `unread`: names of optional fields of the record that could not be read and are therefore unknown.
    - `end_reason` without `ended_at`: how the attempt ended is known, and not when.
    - `region` on a fact about a job: where it runs, from its own ARN or envelope; on one about a price, where it holds.
    - `instance_terminated_at`: EC2 said `shutting-down` or `terminated`; of several the earliest counts.
    - `instance_gone_at`: nothing runs on the instance any longer, said by ECS (INACTIVE) or by EC2 (stopping, stopped).
    """

    type: str
    at: datetime

    # about a job
    job_id: str
    name: str
    queue: str
    definition: str
    user: str
    tags: dict[str, str]
    vcpus: float
    memory_mib: float
    gpus: float
    parent_id: str
    is_parent: bool
    platform: str
    status: str
    status_reason: str
    submitted_at: datetime
    completed_at: datetime
    never_started: bool
    unread: list[str]

    # about an attempt of it
    attempt: int
    started_at: datetime
    ended_at: datetime
    end_reason: str
    reason: str
    exit_code: int
    container_id: str
    usd_per_hour: float
    checkpoint_interval_seconds: float

    # about checkpoints and restores
    checkpoint_id: str
    taken_at: datetime
    checkpoint_taken_at: datetime
    duration_seconds: float
    size_bytes: int
    error: str

    # about the EBS volume of a job
    volume_id: str

    # usage
    rootfs_bytes_max: int
    memory_mib_max: float
    cpu_seconds: float

    # about an instance or a node on it
    instance_id: str
    container_instance_arn: str
    instance_type: str
    availability_zone: str
    purchase_option: str
    instance_launched_at: datetime
    instance_terminated_at: datetime
    instance_gone_at: datetime
    node_id: str
    node_vcpus: float
    node_memory_mib: float
    engine_version: str
    job_ids: list[str]
    notice_kind: str
    action: str
    action_at: datetime

    # about a job or a price
    region: str

    # about a price
    effective_at: datetime
    price_source: str


JOB_REPORTED = "job.reported"
ATTEMPT_REPORTED = "attempt.reported"
LATEST_REPORTED = "latest_attempt.reported"
"""What a source says that knows the last placement of a job and not its number: it is about the job's latest attempt,
attempt 1 where no other source tells of any. Such a fact has no `attempt`."""
INSTANCE_REPORTED = "instance.reported"
INSTANCE_TYPE_REPORTED = "instance_type.reported"
JOBS_SEEN = "mmbatch.sync.seen"
"""A source was asked, or a file speaks, at a time and the jobs in `job_ids` were open then. It says no more of them
than that they were heard of, and never makes a job."""
REPORTED_TYPES = frozenset(
    {JOB_REPORTED, ATTEMPT_REPORTED, LATEST_REPORTED, INSTANCE_REPORTED, INSTANCE_TYPE_REPORTED, JOBS_SEEN}
)
VOLUME = "volume."
"""Begins the types of what an MMBatch server says of a job's volume: `volume.created`, `volume.attached`, whatever else
it calls what happens to one. Such a fact has no `attempt`."""
VOLUME_LISTED = f"{VOLUME}listed"
"""A record lists the volume, and tells of nothing that happened to it."""
VOLUME_UNREADY = f"{VOLUME}unready"
"""`volume.unready` at the start of a job, `volume.unready_at_restore` when it was to be restored."""


COUNTED: Mapping[str, str] = MappingProxyType({"counted": "item"})
"""Among the options of what stands in a file whose items are counted and not its lines."""


class Place(NamedTuple):
    """Where in a file something stands.

    Attributes:
        number: line of a file that is read by lines, else which of its items it is, counted from 1.
        door: the importer's format.
        file: its name.
        options: what is needed to read it again.
    """

    number: int
    door: str
    file: str | None = None
    options: Mapping[str, str] = MappingProxyType({})


class Entry(NamedTuple):
    """One accepted event: its identity (source, id), what it says as facts, and the original.

    Attributes:
        source: CloudEvents source, or what stands for it ("aws.batch/123456789012/us-east-1").
        id: unique within source; an importer derives it from content so that a repeat is the same id.
        kind: how specific the source is.
        type: CloudEvents type or EventBridge detail-type.
        time: when it happened.
        facts: what it says; empty for what is kept but understood by nobody here.
        raw: the event as received, JSON-ready.
        content: what makes it the same event when it comes again, None where that is all of `raw`.
        place: where it stands in a file, None for what came otherwise.
    """

    source: str
    id: str
    kind: SourceKind
    type: str
    time: datetime
    facts: list[Fact]
    raw: Mapping[str, Any]
    content: Any = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """One thing that was refused and is kept aside with its reason.

    Attributes:
        error: a sentence naming what is wrong.
        raw: the refused text or JSON value, to export and to retry.
        index: its place in the body, or the line number in a file, counted as `place` says.
        id: the event id if one could be read.
        door: "http", or the importer's format.
        file: file name for imports.
    """

    error: str
    raw: Any
    index: int
    id: str | None = None
    door: str = "http"
    file: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
