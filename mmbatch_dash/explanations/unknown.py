"""Why a figure of one job is unknown, as the end of a sentence, naming the first thing that is missing."""

from collections.abc import Callable

from mmbatch_dash.domain.figures import FIGURE
from mmbatch_dash.domain.figures.formula import (
    Arithmetic,
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
from mmbatch_dash.explanations.parts import Parts, Row

_ENDED_STATES = ("SUCCEEDED", "FAILED")
_NO_PARTS = {Rows.ENDED_ATTEMPTS: "no attempt has ended", Rows.ATTEMPTS: "no attempt has started"}


def why_unknown(name: str, parts: Parts) -> str:
    """Why the figure `name` of the job is None."""
    return _of_job(FIGURE[name].computed, parts) or "something it needs is missing"


def why_no_rate(attempt: Row, parts: Parts) -> str:
    """Why an attempt has no paid rate (docs/definitions.md section 2, Rates)."""
    number = attempt["attempt"]
    if without := _no_instance(attempt):
        return without
    if attempt["started_at"] is None:
        return f"attempt {number} has no start time"
    if attempt["price_at"] is not None:
        if parts.job["vcpus"] is None and parts.job["memory_mib"] is None:
            return "neither the vCPUs nor the memory it asked for are known, so its share of the instance is not"
        return f"the size of the instance of attempt {number} is not known, so neither is its share of it"
    if attempt["purchase_option"] is None:
        return _how_bought(attempt, parts)
    if attempt["instance_type"] is None:
        return f"the instance type of attempt {number} is unknown"
    spot = attempt["purchase_option"] == "spot"
    if spot and attempt["availability_zone"] is None:
        return f"the zone of attempt {number} is unknown, so the spot price there is"
    place = attempt["availability_zone"] if spot else attempt["region"]
    return f"no {attempt['purchase_option']} price of {attempt['instance_type']} in {place} was known at its start"


def _of_job(formula: Formula, parts: Parts) -> str:
    """The reason, or "" where the formula is known."""
    match formula:
        case Column(name, _, unknown):
            return "" if parts.job[name] is not None else unknown or _JOB_REASONS[name](parts)
        case Other(name):
            return "" if parts.job[name] is not None else why_unknown(name, parts)
        case Arithmetic(_, left, right):
            return _of_job(left, parts) or _of_job(right, parts)
        case Scaled(amount, factor):
            # Asked only where the whole is unknown: with a known amount of 0 it would not be.
            return _of_job(amount, parts) or _of_job(factor, parts)
        case Span(start, end):
            return _of_job(end, parts) or _of_job(start, parts) or "its end lies more than 5 minutes before its start"
        case OfLatest(column):
            return _of_part(column, parts.latest, parts) if parts.latest else "no attempt has started"
        case Sum(over, term, of_none):
            rows = parts.over(over)
            if not rows and of_none is None:
                return _why_none_ran(parts) or _NO_PARTS[over]
            return next((reason for row in rows if (reason := _of_part(term, row, parts))), "")
        case Only(column, values, wanted, term, otherwise):
            return _of_job(term, parts) if (parts.job[column] in values) is wanted else otherwise
    return ""


def _of_part(formula: Formula, row: Row, parts: Parts) -> str:
    match formula:
        case Column(name, _, unknown):
            return "" if row[name] is not None else unknown or _PART_REASONS[name](row, parts)
        case Arithmetic(_, left, right):
            return _of_part(left, row, parts) or _of_part(right, row, parts)
        case AtLeastZero(term):
            return _of_part(term, row, parts)
        case Given(column, value, _, term):
            return _of_part(column, row, parts) or (_of_part(term, row, parts) if row[column.name] == value else "")
    return ""


def _why_none_ran(parts: Parts) -> str:
    return "it never started" if parts.job["never_started"] else ""


def _started(parts: Parts) -> str:
    return _why_none_ran(parts) or "the start of its first attempt is not known"


def _completed(parts: Parts) -> str:
    ended = parts.job["status"] in _ENDED_STATES
    return "the time of its end is not known" if ended else "the job has not ended"


def _run_time(attempt: Row, _parts: Parts) -> str:
    for name, label in (("started_at", "start"), ("ended_at", "end")):
        if attempt[name] is None:
            return f"the {label} of attempt {attempt['attempt']} is not known"
    return f"attempt {attempt['attempt']} ends more than 5 minutes before its start"


def _no_instance(attempt: Row) -> str:
    if attempt["platform"] == "FARGATE":
        return f"attempt {attempt['attempt']} ran on Fargate, which has no EC2 instance"
    named = attempt["instance_id"] or all(
        attempt[name] for name in ("instance_type", "availability_zone", "purchase_option")
    )
    return (
        ""
        if attempt["platform"] != "EKS" or named
        else f"nothing says on which instance attempt {attempt['attempt']} ran"
    )


def _no_on_demand(attempt: Row, parts: Parts) -> str:
    if without := _no_instance(attempt):
        return without
    if attempt["instance_type"] is None:
        return f"the instance type of attempt {attempt['attempt']} is unknown"
    if attempt["started_at"] is None:
        return f"attempt {attempt['attempt']} has no start time"
    if attempt["share"] is None and attempt["on_demand_price_at"] is not None:
        return why_no_rate({**attempt, "price_at": attempt["on_demand_price_at"]}, parts)
    return f"no on-demand price of {attempt['instance_type']} in {attempt['region']} was known at its start"


def _carried(_attempt: Row, parts: Parts) -> str:
    """What is missing in the chain of restores, from the latest attempt back; one gap hides the whole of it."""
    by_number = {row["attempt"]: row for row in parts.attempts}
    into = parts.latest["attempt"] if parts.latest else 0
    while (restore := parts.restore_into(into)) is not None:
        source = by_number.get(restore["checkpoint_attempt"] or 0)
        if source is None:
            return f"the restore into attempt {into} was from a checkpoint that nothing is known of"
        if source["attempt"] >= into:
            return (
                f"the restore into attempt {into} is said to have been from a checkpoint of attempt {source['attempt']}"
            )
        if source["carried_until_at"] is None:
            return f"the restore into attempt {into} was from a checkpoint of unknown time"
        if source["fresh_at"] is None:
            return f"the start of attempt {source['attempt']} is not known"
        # Its end need not be known: the restore proves that it lived until the checkpoint.
        into = source["attempt"]
    return ""


def _spot_carried(attempt: Row, parts: Parts) -> str:
    if attempt["carried_seconds"] is None:
        return _carried(attempt, parts)
    later = [row for row in parts.ran[:-1] if row["attempt"] >= attempt["attempt"] and row["end_reason"] is None]
    return f"nothing says how attempt {later[-1]['attempt']} ended" if later else ""


def _how_ended(attempt: Row, _parts: Parts) -> str:
    return f"nothing says how attempt {attempt['attempt']} ended"


def _how_bought(attempt: Row, _parts: Parts) -> str:
    return f"nothing says whether attempt {attempt['attempt']} ran on spot or on-demand; see aws.purchaseOptions"


def _waited(attempt: Row, parts: Parts) -> str:
    number = attempt["attempt"]
    before = [row for row in parts.ran if row["attempt"] < number]
    if not before and parts.job["submitted_at"] is None:
        return "the time of its submission is not known"
    if before and before[-1]["ended_at"] is None:
        return f"the end of attempt {before[-1]['attempt']} is not known"
    if attempt["started_at"] is None:
        return f"the start of attempt {number} is not known"
    return f"attempt {number} starts more than 5 minutes before what it waited for"


def _restore_time(attempt: Row, _parts: Parts) -> str:
    return f"the restore into attempt {attempt['attempt']} has neither a duration nor a start"


_JOB_REASONS: dict[str, Callable[[Parts], str]] = {"started_at": _started, "completed_at": _completed}
_PART_REASONS: dict[str, Callable[[Row, Parts], str]] = {
    "run_seconds": _run_time,
    "usd_per_hour": why_no_rate,
    "regular_usd_per_hour": why_no_rate,
    "on_demand_usd_per_hour": _no_on_demand,
    "carried_seconds": _carried,
    "spot_carried_seconds": _spot_carried,
    "is_lost": _how_ended,
    "purchase_option": _how_bought,
    "waited_seconds": _waited,
    "restore_seconds": _restore_time,
}
EXPLAINED_COLUMNS = frozenset({*_JOB_REASONS, *_PART_REASONS})
"""Columns whose being unknown takes a look at the rows to explain; a test holds them against the formulas."""
