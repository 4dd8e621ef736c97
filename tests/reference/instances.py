"""What is known of instances from every fact that names them, and the interruption notices about them."""

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
    """Merged columns by instance, the instance behind a container instance or node, and interruption times."""

    fields: dict[str, dict[str, Any]]
    of_alias: dict[str, str]
    interruptions: dict[str, list[datetime]]

    def resolve(self, said: Sequence[Said]) -> str | None:
        """The instance that an attempt's facts name, directly or through its container instance or node."""
        names = [column(said, "instance_id"), *(column(said, alias) for alias in ALIASES)]
        found = [str(name) for name in names if name is not None]
        return self.of_alias.get(found[0], found[0]) if found else None


def column(said: Iterable[Said], name: str) -> Any:
    """The value of one column: of the facts that have it, the one with the highest weight."""
    having = [one for one in said if name in one.fact]
    return max(having, key=lambda one: one.weight).fact.get(name) if having else None


def merge_instances(said: Sequence[Said]) -> Instances:
    """Instances merged from facts that describe one; only a launch time is also taken from attempts on it."""
    of_alias = _find_aliases(said)
    facts_of: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        names = [one.fact.get(name) for name in ("instance_id", *ALIASES)]
        found = [str(name) for name in names if name is not None]
        if found:
            facts_of[of_alias.get(found[0], found[0])].append(one)
    fields = {}
    for instance, everything in facts_of.items():
        describing = [one for one in everything if "attempt" not in one.fact]
        fields[instance] = {name: column(describing, name) for name in (*INSTANCE_FIELDS, *NODE_FIELDS)}
        fields[instance]["instance_launched_at"] = column(everything, "instance_launched_at")
    interruptions: dict[str, list[datetime]] = defaultdict(list)
    for one in said:
        if one.fact["type"] == "mmbatch.instance.reclaim_notice" and one.fact.get("notice_kind") == "interruption":
            interruptions[one.fact["instance_id"]].append(one.fact["at"])
    return Instances(fields, of_alias, interruptions)


def _find_aliases(said: Sequence[Said]) -> dict[str, str]:
    """Container instance ARN or node id → instance id, where any fact gives both."""
    groups: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        for name in (one.fact.get(alias) for alias in ALIASES):
            if name is not None and "attempt" not in one.fact:
                groups[str(name)].append(one)
    found = {name: column(group, "instance_id") for name, group in groups.items()}
    return {name: instance for name, instance in found.items() if instance is not None}
