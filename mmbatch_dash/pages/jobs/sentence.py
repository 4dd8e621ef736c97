"""One sentence on where a job's time went."""

from collections.abc import Sequence

from mmbatch_dash.domain.units import format_count, format_duration
from mmbatch_dash.services.jobs import JobDetail
from mmbatch_dash.store.queries.rows import Row

RECLAIMED = "reclaimed"


def describe_job(detail: JobDetail) -> str:
    """The sentence; "" for a job that only holds others. What nobody said is left out, not guessed."""
    job = detail.job
    if job["is_parent"]:
        return ""
    ran, waited = _run_seconds(detail.attempts), detail.figures["waiting_seconds"].value
    parts = []
    if ran:
        parts.append(f"{format_duration(ran)} running{_describe_places(detail.attempts)}")
    if waited:
        parts.append(f"{format_duration(waited)} waiting")
    head = _describe_whole(detail, None if ran is None or waited is None else ran + waited)
    said = f"{head}: {', '.join(parts)}" if parts else head
    return "; ".join([said, *_describe_work(detail)]) + "."


def _describe_whole(detail: JobDetail, whole: float | None) -> str:
    if detail.stale:
        return "Not heard of for long"
    if detail.job["completed_at"] is None:
        return "Running" if detail.job["status"] == "RUNNING" else "Not ended"
    return "How long it took is unknown" if whole is None else format_duration(whole)


def _describe_places(attempts: Sequence[Row]) -> str:
    places = {one["instance_id"] for one in attempts if one["instance_id"]}
    if not places:
        return ""
    return f" on {format_count(len(places))} instance{'' if len(places) == 1 else 's'}"


def _describe_work(detail: JobDetail) -> list[str]:
    reclaims = sum(one["end_reason"] == RECLAIMED for one in detail.attempts)
    lost, carried = detail.figures["lost_seconds"].value, detail.figures["saved_seconds"].value
    by = f"{format_count(reclaims)} reclaim{'' if reclaims == 1 else 's'}"
    parts = []
    if reclaims and lost is None:
        parts.append(f"{by}, work lost unknown")
    elif lost:
        parts.append(f"{format_duration(lost)} of work lost{f' to {by}' if reclaims else ''}")
    elif reclaims:
        parts.append(f"{by} without lost work")
    if carried:
        parts.append(f"{format_duration(carried)} carried over")
    return parts


def _run_seconds(attempts: Sequence[Row]) -> float | None:
    ended = [one["run_seconds"] for one in attempts if one["end_reason"] != "running"]
    return None if not ended or None in ended else float(sum(ended))
