"""Facts with the identity of the entry that said them, and native CloudEvents read as such facts."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import Entry, Fact, Rejection


class Said(NamedTuple):
    """One fact and who said it; (source, id) is the identity of the entry it came in."""

    source: str
    id: str
    kind: SourceKind
    fact: Fact

    @property
    def weight(self) -> tuple[int, datetime, str, str]:
        """What decides where sources conflict on one field: the highest wins (docs/definitions.md section 5)."""
        return (int(self.kind), self.fact["at"], self.source, self.id)

    @property
    def type(self) -> str:
        """The type of the fact."""
        return self.fact["type"]


INSTANTS = {"taken_at", "checkpoint_taken_at", "instance_launched_at", "action_at", "effective_at"}
TERMINAL = {
    "mmbatch.job.succeeded": ("SUCCEEDED", "completed"),
    "mmbatch.job.failed": ("FAILED", "failed"),
    "mmbatch.job.cancelled": ("FAILED", "cancelled"),
}


def said_by_events(events: Iterable[Mapping[str, Any]]) -> list[Said]:
    """Facts of native CloudEvents (docs/events.md section 2), a repeated (source, id) taken once."""
    first: dict[tuple[str, str], Said] = {}
    for event in events:
        said = Said(event["source"], event["id"], SourceKind.NATIVE, _fact(event))
        first.setdefault((said.source, said.id), said)
    return list(first.values())


def said_by_entries(entries: Iterable[Entry | Rejection]) -> list[Said]:
    """Facts of what any door let in, a repeated (source, id) taken once."""
    first: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        if isinstance(entry, Entry):
            first.setdefault((entry.source, entry.id), entry)
    return [Said(entry.source, entry.id, entry.kind, fact) for entry in first.values() for fact in entry.facts]


def _fact(event: Mapping[str, Any]) -> Fact:
    kind, at = event["type"], _instant(event["time"])
    fact: dict[str, Any] = {
        key: _instant(value) if key in INSTANTS else value for key, value in event["data"].items() if value is not None
    }
    fact.update(type=kind, at=at)
    fact = {key: value for key, value in fact.items() if (key, value) != ("purchase_option", "unknown")}
    if kind == "mmbatch.job.submitted":
        fact["submitted_at"] = at
    elif kind == "mmbatch.job.started":
        fact["started_at"] = at
    elif kind == "mmbatch.job.interrupted":
        fact.update(ended_at=at, end_reason=fact.pop("reason"))
    elif kind in TERMINAL:
        status, end_reason = TERMINAL[kind]
        fact.update(status=status, completed_at=at, ended_at=at, end_reason=end_reason)
        if "reason" in fact:
            fact["status_reason"] = fact.pop("reason")
    elif kind == "mmbatch.instance.reclaim_notice":
        fact["notice_kind"] = fact.pop("kind", "interruption")
    elif kind.startswith("mmbatch.node."):
        for column in ("vcpus", "memory_mib"):
            if column in fact:
                fact["node_" + column] = fact.pop(column)
    return cast(Fact, fact)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
