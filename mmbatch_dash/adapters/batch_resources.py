"""What an AWS Batch job asks for: vCPUs, memory, GPUs and platform, in every shape AWS has used.

Older jobs carry `vcpus` and `memory` on the container, newer ones `resourceRequirements`; multi-container jobs list
containers in `ecsProperties.taskProperties` (in events sometimes `taskProperties`), EKS jobs in `podProperties`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmbatch_dash.adapters.reading import Lenient, mapping_of, mappings_of, positive
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.quoting import shown

_QUANTITY = re.compile(r"^(\d+(?:\.\d+)?)(m|[KMGT]i?)?$")
_FACTORS = {"m": 1e-3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


@dataclass(frozen=True, slots=True)
class Resources:
    """The request of one job, None where the record does not say; containers of one job are summed."""

    vcpus: float | None = None
    memory_mib: float | None = None
    gpus: float | None = None
    platform: str | None = None


def read_resources(job: Mapping[str, Any], path: str, lenient: Lenient) -> Resources:
    """The resources a job asks for; of a kind that one container asks for unreadably the sum is unknown.

    Raises:
        InvalidInput: what should hold containers is something else.
    """
    found: dict[str, float | None] = {}
    for container, where in task_containers(job, path) or [
        (mapping_of(job, "container", path=path), f"{path}container.")
    ]:
        _add(found, _of_container(container, where, lenient))
    pods = mapping_of(mapping_of(job, "eksProperties", path=path), "podProperties", path=f"{path}eksProperties.")
    where = f"{path}eksProperties.podProperties.containers."
    for container in mappings_of(pods, "containers", path=f"{path}eksProperties.podProperties."):
        _add(found, _of_pod(container, where, lenient))
    return Resources(found.get("VCPU"), found.get("MEMORY"), found.get("GPU"), _platform(job, path))


def task_containers(record: Mapping[str, Any], path: str) -> list[tuple[Mapping[str, Any], str]]:
    """(container, dotted prefix) of every container of a multi-container job or attempt, none for others."""
    return [
        (container, f"{where}containers.")
        for task, where in tasks_of(record, path)
        for container in mappings_of(task, "containers", path=where)
    ]


def tasks_of(record: Mapping[str, Any], path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """(task, dotted prefix) of every ECS task of a multi-container job or attempt, none for others."""
    ecs = mapping_of(record, "ecsProperties", path=path)
    holder, where = (ecs, f"{path}ecsProperties.") if ecs else (record, path)
    for task in mappings_of(holder, "taskProperties", path=where):
        yield task, f"{where}taskProperties."


def _add(found: dict[str, float | None], more: Mapping[str, float | None]) -> None:
    for kind, amount in more.items():
        so_far = found.get(kind, 0.0)
        found[kind] = None if amount is None or so_far is None else so_far + amount


def _of_container(container: Mapping[str, Any], path: str, lenient: Lenient) -> dict[str, float | None]:
    requirements = {
        str(item.get("type")): lenient.read(
            positive, item.get("value"), field=f"{path}resourceRequirements.{item.get('type')}"
        )
        for item in mappings_of(container, "resourceRequirements", path=path)
        if item.get("type") in ("VCPU", "MEMORY", "GPU")
    }
    for kind, key in (("VCPU", "vcpus"), ("MEMORY", "memory")):
        if kind not in requirements and container.get(key) is not None:
            requirements[kind] = lenient.read(positive, container[key], field=f"{path}{key}")
    return requirements


def _of_pod(container: Mapping[str, Any], path: str, lenient: Lenient) -> dict[str, float | None]:
    resources = mapping_of(container, "resources", path=path)
    asked = {
        **mapping_of(resources, "limits", path=f"{path}resources."),
        **mapping_of(resources, "requests", path=f"{path}resources."),
    }
    wanted = (("VCPU", "cpu", 1.0), ("MEMORY", "memory", 2.0**20), ("GPU", "nvidia.com/gpu", 1.0))
    return {
        kind: lenient.read(_quantity, asked[key], unit, field=f"{path}resources.{key}")
        for kind, key, unit in wanted
        if key in asked
    }


def _quantity(value: object, unit: float, *, field: str) -> float:
    match = _QUANTITY.match(str(value))
    if match is None:
        raise InvalidInput(f"{shown(value)} is not a Kubernetes quantity such as 2048Mi", field=field)
    return positive(match[1], field=field) * _FACTORS.get(match[2] or "", 1.0) / unit


def _platform(job: Mapping[str, Any], path: str) -> str | None:
    """EKS, FARGATE or EC2, or "EC2,FARGATE" where a job may run on either; None where the record does not say."""
    if mapping_of(job, "eksProperties", path=path):
        return "EKS"
    capabilities = job.get("platformCapabilities")
    if isinstance(capabilities, list) and capabilities:
        return ",".join(sorted(set(map(str, capabilities))))
    return None
