"""The jobs a figure applies to: of these, the share where it is known is its coverage."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Test:
    """What must hold of a column of a job.

    Attributes:
        values: the column is one of them; none given, it is true, or a number above 0.
        wanted: False where it must not hold.
        if_unknown: what holds where the column is unknown.
    """

    column: str
    values: tuple[str, ...] = ()
    above_zero: bool = False
    wanted: bool = True
    if_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Applies:
    """Some jobs.

    Attributes:
        count: what totals call the number of them.
        words: what people call them.
        tests: all of them hold.
    """

    count: str
    words: str
    tests: tuple[Test, ...]


ENDED = ("SUCCEEDED", "FAILED")
_ON_EC2 = Test("platform", ("FARGATE",), wanted=False, if_unknown=True)

COMPLETED = Applies(
    "completed_jobs", "completed jobs that started", (Test("status", ENDED), Test("never_started", wanted=False))
)
SUCCEEDED = Applies("succeeded_jobs", "succeeded jobs", (Test("status", ("SUCCEEDED",)), _ON_EC2))
WITH_ENDED_ATTEMPT = Applies("ended_jobs", "jobs with an ended attempt", (Test("has_ended_attempt"), _ON_EC2))
CARRIED = Applies(
    "carried_jobs",
    "jobs that carried work into their latest attempt",
    (Test("saved_seconds", above_zero=True, if_unknown=True),),
)
SPOT_CARRIED = Applies(
    "spot_carried_jobs",
    "jobs that carried work over a reclaim",
    (Test("spot_saved_seconds", above_zero=True, if_unknown=True), _ON_EC2),
)
RAN = Applies("ran_jobs", "jobs that ran", (Test("has_run"),))
