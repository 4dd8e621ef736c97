"""Closed choices of the field, as their published spellings (docs/definitions.md sections 1 and 4)."""

from enum import IntEnum, StrEnum


class JobStatus(StrEnum):
    """AWS Batch job states."""

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Phase(StrEnum):
    """What the checkpoint engine is doing with a job right now."""

    CHECKPOINTING = "checkpointing"
    RESTORING = "restoring"
    WAITING = "waiting"
    NONE = "none"


class PurchaseOption(StrEnum):
    """How EC2 sold the instance. Unknown is the absence of a value, not a member."""

    SPOT = "spot"
    ON_DEMAND = "on-demand"


class EndReason(StrEnum):
    """Why an attempt is no longer open; `running` while it is."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    RECLAIMED = "reclaimed"
    HOST_LOST = "host_lost"
    CANCELLED = "cancelled"
    NOT_STARTED = "not_started"


class Outcome(StrEnum):
    """What became of a job whose attempt EC2 reclaimed (docs/definitions.md section 4, Protections)."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PENDING = "pending"
    UNPROTECTED = "unprotected"


class NoticeKind(StrEnum):
    """EC2 notices about an instance. Only an interruption announces a reclaim."""

    INTERRUPTION = "interruption"
    REBALANCE = "rebalance"


class SourceKind(IntEnum):
    """How specific a source is; where sources conflict the higher one wins (docs/definitions.md section 5)."""

    TRACE = 1
    AWS = 2
    NATIVE = 3


class Basis(StrEnum):
    """The job time a time range and the time buckets refer to."""

    SUBMITTED = "submitted"
    COMPLETED = "completed"
