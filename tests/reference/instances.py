"""What is known of instances from every fact that names them: what they are, and when they were warned and went."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.reference.said import Said

INSTANCE_FIELDS = ("instance_type", "availability_zone", "purchase_option")
NODE_FIELDS = ("node_vcpus", "node_memory_mib")
ALIASES = ("container_instance_arn", "node_id")


@dataclass
class Instances:
    """Everything by instance, or by the container instance or node that stands for one that nobody named.

    Attributes:
        fields: merged columns.
        of_alias: the instance behind a container instance or node.
        ends: when each was shut down or terminated, whoever says so.
        terminations: when EC2 began to terminate it, or had done so.
        interruptions: times of interruption notices.
    """

    fields: dict[str, dict[str, Any]]
    of_alias: dict[str, str]
    ends: dict[str, list[datetime]]
    terminations: dict[str, list[datetime]]
    interruptions: dict[str, list[datetime]]

    def resolve(self, said: Sequence[Said]) -> str | None:
        """The instance that an attempt's facts name, directly or through its container instance or node."""
        if (own := column(said, "instance_id")) is not None:
            return str(own)
        found = [str(name) for alias in ALIASES if (name := column(said, alias)) is not None]
        return next((self.of_alias[name] for name in found if name in self.of_alias), found[0] if found else None)

    def ends_of(self, said: Sequence[Said]) -> list[datetime]:
        """Times at which what the facts name was shut down, by any of its names, in order."""
        names = {column(said, name) for name in ("instance_id", *ALIASES)} | {self.resolve(said)}
        return sorted({at for name in names if name is not None for at in self.ends.get(name, [])})


def column(said: Iterable[Said], name: str) -> Any:
    """The value of one column: of the facts that have it, the one with the highest weight."""
    having = [one for one in said if name in one.fact]
    return max(having, key=lambda one: one.weight).fact.get(name) if having else None


def merge_instances(said: Sequence[Said]) -> Instances:
    """Instances merged from facts that describe one; attempts on it say nothing of it."""
    of_alias = _find_aliases(said)
    facts_of: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        names = [str(one.fact.get(name)) for name in ("instance_id", *ALIASES) if name in one.fact]
        if names and "job_id" not in one.fact:
            facts_of[of_alias.get(names[0], names[0])].append(one)
    columns = (*INSTANCE_FIELDS, *NODE_FIELDS, "instance_launched_at")
    registered = [one for one in said if one.type == "mmbatch.node.registered"]
    return Instances(
        fields={name: {one: column(facts, one) for one in columns} for name, facts in facts_of.items()},
        of_alias=of_alias,
        ends={name: _ends(facts, registered) for name, facts in facts_of.items()},
        terminations={name: _times(facts, "instance_terminated_at") for name, facts in facts_of.items()},
        interruptions={
            name: [one.fact["at"] for one in facts if one.fact.get("notice_kind") == "interruption"]
            for name, facts in facts_of.items()
        },
    )


def _times(facts: list[Said], name: str) -> list[datetime]:
    return [at for one in facts if (at := one.fact.get(name)) is not None]


def _ends(facts: list[Said], registered: list[Said]) -> list[datetime]:
    stops = [one for one in facts if one.type == "mmbatch.node.stopped"]
    return [
        *_times(facts, "instance_terminated_at"),
        *_times(facts, "instance_gone_at"),
        *(one.fact["at"] for one in stops if not _registers_again(one, registered)),
    ]


def _registers_again(stop: Said, registered: list[Said]) -> bool:
    """A node that stops and registers again was not shut down."""
    node = stop.fact.get("node_id")
    return any(one.fact.get("node_id") == node and one.fact["at"] > stop.fact["at"] for one in registered)


def _find_aliases(said: Sequence[Said]) -> dict[str, str]:
    """Container instance ARN or node id → instance id, where any fact gives both."""
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        for name in (one.fact.get(alias) for alias in ALIASES):
            if name is not None and "job_id" not in one.fact:
                groups[str(name)].append(one)
    found = {name: column(group, "instance_id") for name, group in groups.items()}
    return {name: instance for name, instance in found.items() if instance is not None}
