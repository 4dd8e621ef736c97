"""What share of its instance each attempt is charged (docs/definitions.md section 2, Attribution, `share`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from tests.reference.attempts import Attempt
from tests.reference.instances import Instances, column
from tests.reference.merged import Job
from tests.reference.said import Said

Size = tuple[float | None, float | None]
FAR = datetime(9999, 1, 1, tzinfo=UTC)


def find_shares(jobs: Sequence[Job], instances: Instances, said: Sequence[Said]) -> dict[tuple[str, int], float | None]:
    """(job id, attempt number) → share, None where it is unknown.

    An ended attempt has the mean over its time, an open one and one of no length what holds at its start.
    """
    sizes = _sizes(said)
    asked: dict[tuple[str, int], float | None] = {}
    together: dict[str, list[tuple[Attempt, float]]] = defaultdict(list)
    for job in jobs:
        for attempt in job.attempts:
            node = instances.fields.get(attempt.instance_id or "", {})
            listed = sizes.get(attempt.instance_type or "", (None, None))
            size = (node.get("node_vcpus") or listed[0], node.get("node_memory_mib") or listed[1])
            share = _asked_share(job.fields["vcpus"], job.fields["memory_mib"], size)
            asked[job.job_id, attempt.number] = share
            if attempt.ran and attempt.instance_id is not None and share is not None:
                together[attempt.instance_id].append((attempt, share))
    return {
        (job.job_id, attempt.number): _charged(
            attempt, asked[job.job_id, attempt.number], together.get(attempt.instance_id or "", [])
        )
        for job in jobs
        for attempt in job.attempts
    }


def _sizes(said: Sequence[Said]) -> Mapping[str, Size]:
    told: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        if one.fact["type"] == "instance_type.reported":
            told[one.fact["instance_type"]].append(one)
    return {name: (column(ones, "node_vcpus"), column(ones, "node_memory_mib")) for name, ones in told.items()}


def _asked_share(vcpus: float | None, memory_mib: float | None, size: Size) -> float | None:
    pairs = [(want, has) for want, has in zip((vcpus, memory_mib), size, strict=True) if want is not None]
    ratios = [want / has for want, has in pairs if has is not None]
    if any(ratio >= 1 for ratio in ratios):
        return 1.0
    return max(ratios) if pairs and len(ratios) == len(pairs) else None


def _charged(attempt: Attempt, share: float | None, others: list[tuple[Attempt, float]]) -> float | None:
    if share is None or attempt.started_at is None:
        return share
    start, end = attempt.started_at, attempt.ended_at
    if end is None or end <= start:
        return share / max(1.0, _level(start, others))
    edges = {start, end} | {at for one, _ in others for at in (one.started_at, one.ended_at) if at and start < at < end}
    moments = sorted(edges)
    charged = sum(
        (until - since).total_seconds() * share / max(1.0, _level(since, others)) for since, until in pairwise(moments)
    )
    return charged / (end - start).total_seconds()


def _level(at: datetime, others: list[tuple[Attempt, float]]) -> float:
    """Sum of the shares asked for at a moment; an attempt that ended at an unknown time counts nowhere."""
    total = 0.0
    for one, share in others:
        end = one.ended_at or (FAR if one.is_open else None)
        if one.started_at is not None and end is not None and one.started_at <= at < end:
            total += share
    return total
