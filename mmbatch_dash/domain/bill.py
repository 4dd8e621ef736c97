"""A bill beside our own figures: what its lines are of, and why the two differ."""

from enum import StrEnum


class BillFormat(StrEnum):
    """What a bill is written in."""

    CUR = "cur"
    FOCUS = "focus"


class LineKind(StrEnum):
    """What a line of a bill is of."""

    COMPUTE = "compute"
    SURCHARGE = "surcharge"
    EBS = "ebs"
    TRANSFER = "transfer"
    COMMITMENT = "commitment"
    FEES = "fees"
    OTHER = "other"


class Cause(StrEnum):
    """Why AWS's figure is not ours; each is AWS's minus ours."""

    IDLE = "idle"
    WITHOUT_JOBS = "without_jobs"
    EBS = "ebs"
    TRANSFER = "transfer"
    SURCHARGE = "surcharge"
    COMMITMENTS = "commitments"
    MISSING_PRICE = "missing_price"
    OTHER_PRICE = "other_price"
    SHARING = "sharing"
    NOT_BILLED = "not_billed"
    FEES = "fees"
    OTHER = "other"


CAUSES: dict[Cause, tuple[str, str]] = {
    Cause.IDLE: ("Idle or booting", "Billed hours of instances with jobs in which no attempt ran."),
    Cause.WITHOUT_JOBS: ("Instances without jobs", "Instances that ran no attempt known here on that day."),
    Cause.EBS: ("EBS", "Volumes and snapshots."),
    Cause.TRANSFER: ("Data transfer", "Traffic, NAT gateways and addresses."),
    Cause.SURCHARGE: ("Surcharges", "EBS-optimised hours, CPU credits and the like."),
    Cause.COMMITMENTS: (
        "Savings plans and reservations",
        "What they take off covered hours, and what of them was not used.",
    ),
    Cause.MISSING_PRICE: ("No price here", "Hours of attempts whose rate is unknown here."),
    Cause.OTHER_PRICE: ("Other price", "AWS's rate of the hours that attempts ran, less the rate here."),
    Cause.SHARING: ("Sharing", "Attempts side by side on one instance, each charged as pricing.attribution says."),
    Cause.NOT_BILLED: ("Not in the bill", "Hours of attempts that the bill does not hold."),
    Cause.FEES: ("Tax, credits and fees", "What is billed for no usage."),
    Cause.OTHER: ("Other services", "Everything else in the bill."),
}
"""Cause → its name and what it is, in the order they are shown."""
