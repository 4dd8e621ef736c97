"""The figures of metrics.md: one registry of names, units, formulas and definitions for code, pages, API and docs."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a figure is counted in."""

    COUNT = "count"
    HOURS = "h"
    SECONDS = "s"
    USD = "USD"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that is kept per job and totalled over a selection.

    Attributes:
        name: column, JSON key and CSV header.
        label: what people read.
        unit: what it is counted in.
        formula: per job, as metrics.md section 2 writes it.
        definition: one or two plain sentences.
        applies_to: the jobs whose figure counts into coverage.
        unknown_when: why a job has no such figure.
    """

    name: str
    label: str
    unit: Unit
    formula: str
    definition: str
    applies_to: str
    unknown_when: str


TOTAL_JOBS = "total_jobs"
SPOT_PROTECTIONS = "spot_protections"

_ENDED = "jobs with an ended attempt"
_SAVED = "jobs that carried work into their latest attempt"

HEADLINE_COUNTS: tuple[Figure, ...] = (
    Figure(
        TOTAL_JOBS,
        "Total Jobs",
        Unit.COUNT,
        "number of selected jobs",
        "Jobs in the selection. Array and multi-node parents are containers of jobs and are not counted.",
        "all jobs",
        "never",
    ),
    Figure(
        SPOT_PROTECTIONS,
        "Spot Protections",
        Unit.COUNT,
        "reclaimed attempts whose next attempt was restored successfully",
        "Times EC2 took an instance back and the job went on from a checkpoint instead of from zero.",
        "reclaimed attempts",
        "never",
    ),
)

FIGURES: tuple[Figure, ...] = (
    Figure(
        "cpu_hours",
        "Total Job CPU Hours",
        Unit.HOURS,
        "vcpus × (completed_at − started_at) / 3600",
        "Requested vCPUs times wall time from first start to completion, gaps between attempts included. "
        "Based on CPUs requested, not CPUs used.",
        "completed jobs",
        "the vCPUs or the runtime of a job are unknown",
    ),
    Figure(
        "cost_usd",
        "Total EC2 Instance Cost",
        Unit.USD,
        "Σ over ended attempts of hours × paid rate",
        "What the instances cost while attempts ran on them, each job charged its whole instance. "
        "EBS, checkpoint storage, data transfer and idle or booting instances are not included.",
        _ENDED,
        "an ended attempt lacks a time or a rate",
    ),
    Figure(
        "saved_cost_usd",
        "EC2 Spot Savings – Instance Cost Saved",
        Unit.USD,
        "saved_seconds / 3600 × paid rate of the latest attempt",
        "What repeating the work carried by restores would have cost at the rate of the latest attempt. "
        "Compared with the same interruptions, each restarting the job from zero.",
        _SAVED,
        "the progress carried or the rate of the latest attempt is unknown",
    ),
    Figure(
        "saved_cpu_hours",
        "EC2 Spot Savings – Job CPU Hours Saved",
        Unit.HOURS,
        "vcpus × saved_seconds / 3600",
        "Requested vCPUs times the work carried into the latest attempt by restores. "
        "Work carried twice is counted once.",
        _SAVED,
        "the progress carried or the vCPUs are unknown",
    ),
    Figure(
        "on_demand_savings_usd",
        "EC2 On-demand Savings – Instance Cost Saved",
        Unit.USD,
        "Σ over ended spot attempts of hours × (on-demand rate − paid rate)",
        "What the same instance hours would have cost more at the on-demand price. "
        "It repeats interrupted work on both sides; the Engineering view has the net figure.",
        _ENDED,
        "an ended attempt's purchase option, its on-demand rate or its paid rate is unknown",
    ),
)

ENGINEERING_FIGURES: tuple[Figure, ...] = (
    Figure(
        "instance_hours",
        "Instance hours",
        Unit.HOURS,
        "Σ over ended attempts of (ended_at − started_at) / 3600",
        "Time on instances only; waiting between attempts is not in it.",
        _ENDED,
        "no attempt has ended, or one has not both times",
    ),
    Figure(
        "saved_seconds",
        "Work carried by restores",
        Unit.SECONDS,
        "progress carried into the latest attempt (chain of restores)",
        "The work the latest attempt did not have to do again, over the whole chain of restores.",
        _SAVED,
        "a time it needs is missing",
    ),
    Figure(
        "lost_seconds",
        "Lost work",
        Unit.SECONDS,
        "max(0, Σ run time of interrupted attempts − saved_seconds)",
        "Run time of interrupted attempts that no restore carried on.",
        "all jobs",
        "a needed time is missing",
    ),
    Figure(
        "overhead_seconds",
        "Checkpoint and restore overhead",
        Unit.SECONDS,
        "Σ checkpoint durations + Σ restore durations, failed ones too",
        "Time spent on taking checkpoints and on restoring, failed ones included.",
        "all jobs",
        "a duration is missing",
    ),
    Figure(
        "net_saved_seconds",
        "Net saved work",
        Unit.SECONDS,
        "saved_seconds − overhead_seconds",
        "Work carried by restores less the overhead. Negative where checkpoints cost more than they saved.",
        "all jobs",
        "saved or overhead is unknown",
    ),
    Figure(
        "on_demand_net_savings_usd",
        "Net savings against on-demand",
        Unit.USD,
        "on-demand rate × (saved_seconds + run time of the latest attempt − its restore) / 3600 − cost_usd",
        "What a succeeded job would have cost on-demand without any reclaim, less what it did cost.",
        "succeeded jobs",
        "the job has not succeeded, or any part is unknown",
    ),
)

TOTALLED: tuple[str, ...] = tuple(figure.name for figure in (*FIGURES, *ENGINEERING_FIGURES))
"""Names of the figures that are summed per job with coverage, in the order pages show them."""

PROTECTION_OUTCOMES = ("succeeded", "failed", "pending", "unprotected")
