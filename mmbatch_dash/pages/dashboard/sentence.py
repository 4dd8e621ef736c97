"""The Dashboard in one sentence: what the jobs cost, what was saved, and what became of reclaims."""

from mmbatch_dash.domain.units import format_count, format_coverage, format_usd
from mmbatch_dash.metrics.summary import Protections, Removed, Summary, Total
from mmbatch_dash.pages.dashboard.cards import ON_DEMAND, describe_share


def describe_summary(summary: Summary, range_words: str) -> str:
    """The sentence; what is unknown is said to be, and what applies to nothing is left out.

    Args:
        summary: of the selection.
        range_words: the time range in words ("last 30 days").
    """
    jobs = summary.total_jobs
    when = range_words[0].upper() + range_words[1:]
    removed = _describe_removed(summary.removed)
    if not jobs:
        return f"{when}: no job.{removed}"
    said = f"{when}: {format_count(jobs)} {'job' if jobs == 1 else 'jobs'} {_describe_cost(summary)}"
    reclaims = _describe_reclaims(summary.protections, summary.figures["saved_cost_usd"])
    return "; ".join([said, *reclaims]) + "." + removed


def _describe_removed(removed: Removed) -> str:
    """What of the figures has no rows any more, as a sentence of its own; empty where all has."""
    if not removed.jobs or removed.before is None:
        return ""
    jobs = f"{format_count(removed.jobs)} {'job' if removed.jobs == 1 else 'jobs'}"
    ended = f"ended before {removed.before:%Y-%m-%d}"
    if removed.counted:
        return f" Of these, {jobs} only as totals, {ended}."
    return f" Left out: up to {jobs} kept only as totals, {ended}, of which what is filtered by is not kept."


def _describe_cost(summary: Summary) -> str:
    cost = summary.figures["cost_usd"]
    if cost.coverage is None:
        return "without ended work yet"
    if cost.value is None:
        return "whose cost is unknown"
    partly = cost.coverage < 1
    said = f"cost {'at least ' if partly else ''}{format_usd(cost.value)}"
    if partly:
        said += f" ({format_coverage(cost.coverage)} of them priced)"
    share = describe_share(ON_DEMAND, summary)
    return f"{said}, {share}" if share else said


def _describe_reclaims(protections: Protections, saved: Total) -> list[str]:
    parts = []
    if protections.attempts:
        worth = f", worth {format_usd(saved.value)}" if protections.succeeded and saved.value is not None else ""
        of = f"{format_count(protections.succeeded)} of {format_count(protections.attempts)}"
        parts.append(f"{of} reclaims of protected jobs were survived{worth}")
    if protections.unprotected:
        more = " more" if parts else " reclaims"
        parts.append(f"{format_count(protections.unprotected)}{more} hit unprotected jobs")
    if protections.pending:
        parts.append(
            f"{format_count(protections.pending)} {'is' if protections.pending == 1 else 'are'} not decided yet"
        )
    if not parts:
        parts.append("nothing was reclaimed")
    return parts
