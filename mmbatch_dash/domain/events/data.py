"""Shapes of the `data` of native events, one class a type (events.md section 2). Unknown fields are ignored."""

from typing import Required

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from mmbatch_dash.domain.events.fields import (
    AttemptNumber,
    Bytes,
    ExitCode,
    Identifier,
    Instant,
    Interruption,
    Notice,
    NotNegative,
    Positive,
    PricedOption,
    Purchase,
    Tags,
    Text,
)

STRICT = ConfigDict(strict=True, extra="ignore")


@with_config(STRICT)
class JobData(TypedDict, total=False):
    """What a submission says of a job."""

    job_id: Required[Identifier]
    name: Text | None
    queue: Text | None
    definition: Text | None
    user: Text | None
    tags: Tags | None
    vcpus: Positive | None
    memory_mib: Positive | None
    gpus: NotNegative | None
    parent_id: Identifier | None


@with_config(STRICT)
class StartedData(JobData, total=False):
    """The placement of one attempt on one instance."""

    attempt: Required[AttemptNumber]
    instance_id: Identifier | None
    instance_type: Text | None
    availability_zone: Text | None
    purchase_option: Purchase
    usd_per_hour: NotNegative | None
    instance_launched_at: Instant | None
    node_id: Identifier | None
    container_id: Text | None
    checkpoint_interval_seconds: Positive | None


@with_config(STRICT)
class CheckpointData(TypedDict, total=False):
    """A checkpoint of a running attempt."""

    job_id: Required[Identifier]
    attempt: Required[AttemptNumber]
    checkpoint_id: Identifier | None
    taken_at: Instant | None
    duration_seconds: NotNegative | None
    size_bytes: Bytes | None
    error: Text | None


@with_config(STRICT)
class RestoreData(TypedDict, total=False):
    """A restore into a new attempt."""

    job_id: Required[Identifier]
    attempt: Required[AttemptNumber]
    checkpoint_id: Identifier | None
    checkpoint_taken_at: Instant | None
    duration_seconds: NotNegative | None
    error: Text | None


@with_config(STRICT)
class InterruptedData(TypedDict, total=False):
    """The end of an attempt of a job that goes on."""

    job_id: Required[Identifier]
    attempt: Required[AttemptNumber]
    reason: Required[Interruption]
    exit_code: ExitCode | None
    instance_id: Identifier | None


@with_config(STRICT)
class EndedData(TypedDict, total=False):
    """The end of a job."""

    job_id: Required[Identifier]
    attempt: AttemptNumber | None
    exit_code: ExitCode | None
    reason: Text | None


@with_config(STRICT)
class UsageData(TypedDict, total=False):
    """Peaks of what a job used."""

    job_id: Required[Identifier]
    attempt: AttemptNumber | None
    rootfs_bytes_max: Bytes | None
    memory_mib_max: NotNegative | None
    cpu_seconds: NotNegative | None


@with_config(STRICT)
class NoticeData(TypedDict, total=False):
    """EC2 announces that it may take or will take an instance."""

    instance_id: Required[Identifier]
    kind: Notice
    action: Text | None
    action_at: Instant | None


@with_config(STRICT)
class NodeData(TypedDict, total=False):
    """A worker node speaks of itself."""

    node_id: Required[Identifier]
    instance_id: Identifier | None
    instance_type: Text | None
    availability_zone: Text | None
    purchase_option: Purchase
    instance_launched_at: Instant | None
    vcpus: Positive | None
    memory_mib: Positive | None
    engine_version: Text | None
    job_ids: list[Identifier] | None


@with_config(STRICT)
class PriceData(TypedDict, total=False):
    """A price per instance-hour from a time on."""

    region: Text | None
    availability_zone: Text | None
    instance_type: Required[Identifier]
    purchase_option: Required[PricedOption]
    usd_per_hour: Required[Positive]
    effective_at: Required[Instant]
    currency: Text | None
