"""What an AWS Batch job asks for: vCPUs, memory, GPUs and platform, in every shape AWS has used.

Older jobs carry `vcpus` and `memory` on the container, newer ones `resourceRequirements`; multi-container jobs list
containers in `ecsProperties.taskProperties` (in events sometimes `taskProperties`), EKS jobs in `podProperties`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmbatch_dash.adapters.reading import mapping_of, mappings_of, positive
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


def read_resources(job: Mapping[str, Any], path: str) -> Resources:
    """The resources a job asks for.

    Raises:
        InvalidInput: a quantity is no number or not greater than 0.
    """
    found: dict[str, float] = {}
    for container, where in task_containers(job, path) or [
        (mapping_of(job, "container", path=path), f"{path}container.")
    ]:
        _add(found, _of_container(container, where))
    pods = mapping_of(mapping_of(job, "eksProperties", path=path), "podProperties", path=f"{path}eksProperties.")
    where = f"{path}eksProperties.podProperties.containers."
    for container in mappings_of(pods, "containers", path=f"{path}eksProperties.podProperties."):
        _add(found, _of_pod(container, where))
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


def _add(found: dict[str, float], more: Mapping[str, float]) -> None:
    for kind, amount in more.items():
        found[kind] = found.get(kind, 0.0) + amount


def _of_container(container: Mapping[str, Any], path: str) -> dict[str, float]:
    requirements = {
        str(item.get("type")): positive(item.get("value"), field=f"{path}resourceRequirements.{item.get('type')}")
        for item in mappings_of(container, "resourceRequirements", path=path)
        if item.get("type") in ("VCPU", "MEMORY", "GPU")
    }
    for kind, key in (("VCPU", "vcpus"), ("MEMORY", "memory")):
        if kind not in requirements and container.get(key) is not None:
            requirements[kind] = positive(container[key], field=f"{path}{key}")
    return requirements


def _of_pod(container: Mapping[str, Any], path: str) -> dict[str, float]:
    resources = mapping_of(container, "resources", path=path)
    asked = {
        **mapping_of(resources, "limits", path=f"{path}resources."),
        **mapping_of(resources, "requests", path=f"{path}resources."),
    }
    found: dict[str, float] = {}
    for kind, key, unit in (("VCPU", "cpu", 1.0), ("MEMORY", "memory", 2.0**20), ("GPU", "nvidia.com/gpu", 1.0)):
        if key in asked:
            field = f"{path}resources.{key}"
            match = _QUANTITY.match(str(asked[key]))
            if match is None:
                raise InvalidInput(f"{shown(asked[key])} is not a Kubernetes quantity such as 2048Mi", field=field)
            found[kind] = positive(match[1], field=field) * _FACTORS.get(match[2] or "", 1.0) / unit
    return found


def _platform(job: Mapping[str, Any], path: str) -> str | None:
    if mapping_of(job, "eksProperties", path=path):
        return "EKS"
    capabilities = job.get("platformCapabilities")
    if isinstance(capabilities, list) and capabilities:
        return "FARGATE" if "FARGATE" in capabilities else str(capabilities[0])
    return None
