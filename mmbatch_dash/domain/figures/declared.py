"""Every figure, declared once. Tables, totals, API, columns, exports, pages and docs follow from what stands here.

To add one, write it into FIGURES, ENGINEERING_FIGURES or JOB_FIGURES, with a test of its numbers.
"""

from mmbatch_dash.domain.figures import applies
from mmbatch_dash.domain.figures.applies import Applies, Test
from mmbatch_dash.domain.figures.figure import Count, Figure, Unit
from mmbatch_dash.domain.figures.formula import (
    AtLeastZero,
    Column,
    Formula,
    Given,
    OfLatest,
    Only,
    Other,
    Rows,
    Scaled,
    Span,
    Sum,
)
from mmbatch_dash.domain.figures.inputs import (
    CARRIED_SECONDS,
    COMPLETED_AT,
    DURATION_SECONDS,
    IS_LOST,
    ON_DEMAND_RATE,
    PAID_RATE,
    PURCHASE_OPTION,
    REGULAR_RATE,
    RESTORE_SECONDS,
    RUN_SECONDS,
    SPOT_CARRIED_SECONDS,
    STARTED_AT,
    VCPUS,
    WAITED_SECONDS,
)

TOTAL_JOBS = "total_jobs"
SPOT_PROTECTIONS = "spot_protections"
PROTECTION_OUTCOMES = ("succeeded", "failed", "pending", "unprotected")

HOURS_OF_ATTEMPT = RUN_SECONDS / 3600
COST_OF_ATTEMPT = HOURS_OF_ATTEMPT * PAID_RATE
ON_DEMAND_SAVINGS_OF_ATTEMPT = Given(
    PURCHASE_OPTION, "spot", "ended spot attempts", HOURS_OF_ATTEMPT * (ON_DEMAND_RATE - PAID_RATE)
)
_LOST_OF_ATTEMPT = Given(IS_LOST, True, "interrupted attempts", AtLeastZero(RUN_SECONDS - CARRIED_SECONDS))


def _on_ec2(term: Formula) -> Formula:
    return Only("platform", ("FARGATE",), False, term, "it ran on Fargate, which has no EC2 instance")


HEADLINE_COUNTS: tuple[Count, ...] = (
    Count(
        name=TOTAL_JOBS,
        label="Total Jobs",
        formula="number of selected jobs",
        definition="Jobs in the selection. Array and multi-node parents are containers of jobs and are not counted.",
        applies_to="all jobs",
    ),
    Count(
        name=SPOT_PROTECTIONS,
        label="Spot Protections",
        formula="reclaimed attempts whose next attempt was restored successfully",
        definition="Times EC2 took an instance back and the job went on from a checkpoint instead of from zero.",
        applies_to="reclaimed attempts",
    ),
)

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="cpu_hours",
        label="Total Job CPU Hours",
        short="CPU hours",
        unit=Unit.HOURS,
        computed=VCPUS * Other("runtime_seconds") / 3600,
        definition="Requested vCPUs times wall time from first start to completion, gaps between attempts included. "
        "Based on CPUs requested, not CPUs used.",
        applies=applies.COMPLETED,
        unknown_when="the vCPUs or the runtime of a job are unknown",
        listed=True,
    ),
    Figure(
        name="cost_usd",
        label="Total EC2 Instance Cost",
        short="Cost",
        unit=Unit.USD,
        computed=_on_ec2(Sum(Rows.ENDED_ATTEMPTS, COST_OF_ATTEMPT, of_none=None)),
        definition="What the instances cost while attempts ran on them, each job charged its whole instance. "
        "EBS, checkpoint storage, data transfer and idle or booting instances are not included.",
        applies=applies.WITH_ENDED_ATTEMPT,
        unknown_when="an ended attempt lacks a time or a rate",
        listed=True,
    ),
    Figure(
        name="saved_cost_usd",
        label="EC2 Spot Savings – Instance Cost Saved",
        short="Cost saved",
        unit=Unit.USD,
        computed=_on_ec2(Scaled(Other("spot_saved_seconds") / 3600, OfLatest(REGULAR_RATE))),
        definition="What repeating the work that restores carried over reclaims would have cost at the rate of the "
        "latest attempt. Compared with the same reclaims, each restarting the job from zero.",
        applies=applies.SPOT_CARRIED,
        of_no_jobs=0.0,
        unknown_when="the work carried over reclaims or the rate of the latest attempt is unknown",
        listed=True,
    ),
    Figure(
        name="saved_cpu_hours",
        label="EC2 Spot Savings – Job CPU Hours Saved",
        short="CPU hours saved",
        unit=Unit.HOURS,
        computed=_on_ec2(Scaled(Other("spot_saved_seconds") / 3600, VCPUS)),
        definition="Requested vCPUs times the work that restores carried over reclaims into the latest attempt. "
        "Work carried twice is counted once.",
        applies=applies.SPOT_CARRIED,
        of_no_jobs=0.0,
        unknown_when="the work carried over reclaims or the vCPUs are unknown",
        listed=True,
    ),
    Figure(
        name="on_demand_savings_usd",
        label="EC2 On-demand Savings – Instance Cost Saved",
        short="On-demand savings",
        unit=Unit.USD,
        computed=_on_ec2(Sum(Rows.ENDED_ATTEMPTS, ON_DEMAND_SAVINGS_OF_ATTEMPT, of_none=None)),
        definition="What the same instance hours would have cost more at the on-demand price. "
        "It repeats interrupted work on both sides; the Engineering view has the net figure.",
        applies=applies.WITH_ENDED_ATTEMPT,
        unknown_when="an ended attempt's purchase option, its on-demand rate or its paid rate is unknown",
        listed=True,
    ),
)

ENGINEERING_FIGURES: tuple[Figure, ...] = (
    Figure(
        name="instance_hours",
        label="Instance hours",
        short="Instance hours",
        unit=Unit.HOURS,
        computed=_on_ec2(Sum(Rows.ENDED_ATTEMPTS, RUN_SECONDS, of_none=None) / 3600),
        definition="Time on instances only; waiting between attempts is not in it.",
        applies=applies.WITH_ENDED_ATTEMPT,
        unknown_when="no attempt has ended, or one has not both times",
    ),
    Figure(
        name="gpu_hours",
        label="GPU hours",
        short="GPU hours",
        unit=Unit.HOURS,
        computed=Column("gpus", "gpus", "the GPUs it asked for are not known") * Other("runtime_seconds") / 3600,
        definition="Requested GPUs times wall time from first start to completion, gaps between attempts included. "
        "Based on GPUs requested, not GPUs used.",
        applies=Applies(
            "gpu_jobs", "completed jobs that asked for GPUs", (*applies.COMPLETED.tests, Test("gpus", above_zero=True))
        ),
        unknown_when="the GPUs or the runtime of a job are unknown",
    ),
    Figure(
        name="saved_seconds",
        label="Work carried by restores",
        short="Work carried",
        unit=Unit.SECONDS,
        computed=Sum(Rows.ATTEMPTS, CARRIED_SECONDS),
        definition="The work the latest attempt did not have to do again, over the whole chain of restores.",
        applies=applies.CARRIED,
        of_no_jobs=0.0,
        unknown_when="a time it needs is missing",
    ),
    Figure(
        name="spot_saved_seconds",
        label="Work carried over reclaims",
        short="Work saved from Spot",
        unit=Unit.SECONDS,
        computed=Sum(Rows.ATTEMPTS, SPOT_CARRIED_SECONDS),
        definition="The part of the work carried that was made in or before the last reclaimed attempt: "
        "what restoring from a preempted Spot instance saved.",
        applies=applies.SPOT_CARRIED,
        of_no_jobs=0.0,
        unknown_when="the work carried is unknown, or how an attempt ended that would change it",
    ),
    Figure(
        name="waiting_seconds",
        label="Waiting",
        short="Waiting",
        unit=Unit.SECONDS,
        computed=Sum(Rows.ATTEMPTS, WAITED_SECONDS, of_none=None),
        definition="From submission to the first start, and from the end of each attempt to the start of the next.",
        applies=applies.RAN,
        unknown_when="a needed time is missing",
    ),
    Figure(
        name="lost_seconds",
        label="Lost work",
        short="Lost work",
        unit=Unit.SECONDS,
        computed=Sum(Rows.ATTEMPTS, _LOST_OF_ATTEMPT),
        definition="Run time of interrupted attempts that no restore carried on.",
        applies=applies.RAN,
        unknown_when="a needed time is missing",
        listed=True,
    ),
    Figure(
        name="overhead_seconds",
        label="Checkpoint and restore overhead",
        short="Overhead",
        unit=Unit.SECONDS,
        computed=Sum(Rows.CHECKPOINTS, DURATION_SECONDS) + Sum(Rows.RESTORES, DURATION_SECONDS),
        definition="Time spent on taking checkpoints and on restoring, failed ones included.",
        applies=applies.RAN,
        unknown_when="a duration is missing",
    ),
    Figure(
        name="net_saved_seconds",
        label="Net saved work",
        short="Net saved work",
        unit=Unit.SECONDS,
        computed=Other("saved_seconds") - Other("overhead_seconds"),
        definition="Work carried by restores less the overhead. Negative where checkpoints cost more than they saved.",
        applies=applies.RAN,
        unknown_when="saved or overhead is unknown",
    ),
    Figure(
        name="on_demand_net_savings_usd",
        label="Net savings against on-demand",
        short="Net savings against on-demand",
        unit=Unit.USD,
        computed=_on_ec2(
            Only(
                "status",
                ("SUCCEEDED",),
                True,
                OfLatest(ON_DEMAND_RATE)
                * (Other("saved_seconds") + OfLatest(RUN_SECONDS) - OfLatest(RESTORE_SECONDS))
                / 3600
                - Other("cost_usd"),
                "the job has not succeeded",
            )
        ),
        definition="What a succeeded job would have cost on-demand without any reclaim, less what it did cost.",
        applies=applies.SUCCEEDED,
        unknown_when="the job has not succeeded, or any part is unknown",
    ),
)

JOB_FIGURES: tuple[Figure, ...] = (
    Figure(
        name="runtime_seconds",
        label="Runtime",
        short="Runtime",
        unit=Unit.SECONDS,
        computed=Span(STARTED_AT, COMPLETED_AT),
        definition="Wall time from the first start to completion, gaps between attempts included.",
        applies=applies.COMPLETED,
        unknown_when="the job has not ended, or start or end is unknown",
        listed=True,
    ),
)
"""Kept per job and not totalled."""

PER_JOB: tuple[Figure, ...] = (*JOB_FIGURES, *FIGURES, *ENGINEERING_FIGURES)
"""Every figure that is kept per job."""

FIGURE: dict[str, Figure] = {figure.name: figure for figure in PER_JOB}

RENAMED = {"wait_seconds": "waiting_seconds"}
"""Names that figures had in version 0.1, still understood where jobs are sorted and filtered."""

TOTALLED: tuple[str, ...] = tuple(figure.name for figure in (*FIGURES, *ENGINEERING_FIGURES))
"""Names of the figures that are summed per job with coverage, in the order pages show them."""
