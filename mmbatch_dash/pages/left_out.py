"""What pages say of jobs that `retention.jobs` took out of the lists, where only what is listed can be read."""

from datetime import datetime

from mmbatch_dash.domain.units import format_count
from mmbatch_dash.metrics.summary import Removed


def describe_left_out(removed: Removed) -> str:
    """The jobs that a page does not speak of, as a sentence; empty where there are none in its selection."""
    if not removed.jobs or removed.before is None:
        return ""
    up_to = "" if removed.counted else "up to "
    jobs = f"{format_count(removed.jobs)} {'job' if removed.jobs == 1 else 'jobs'}"
    return (
        f"Left out: {up_to}{jobs} kept only as totals, ended before {removed.before:%Y-%m-%d} (retention.jobs), whose "
        "checkpoints and restores are gone."
    )


def describe_cut(window_from: datetime, removed_before: datetime | None) -> str:
    """What a count of checkpoints or restores since a time lacks, as a sentence; empty where it lacks nothing."""
    if removed_before is None or window_from >= removed_before:
        return ""
    return f"Not of jobs that ended before {removed_before:%Y-%m-%d %H:%M} UTC (retention.jobs)."
