"""ECS container instances, EC2 instances and instance types: where attempts ran, as instance facts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from mmbatch_dash.adapters.reading import content_id, known
from mmbatch_dash.domain.choices import PurchaseOption, SourceKind
from mmbatch_dash.domain.facts import INSTANCE_REPORTED, INSTANCE_TYPE_REPORTED, Entry
from mmbatch_dash.domain.instants import to_iso

AT_ONCE = 100


def read_container_instances(ecs: Any, arns: Iterable[str], *, at: datetime) -> Iterator[Entry]:
    """Container instance → EC2 instance id, type and zone. Those that ECS has forgotten are passed over."""
    # Where it is used: a server that asks no AWS starts without botocore.
    from botocore.exceptions import ClientError

    by_cluster: dict[str, list[str]] = defaultdict(list)
    for arn in arns:
        cluster, slash, _ = arn.partition(":container-instance/")[2].partition("/")
        if slash:
            by_cluster[cluster].append(arn)
    for cluster, of_cluster in by_cluster.items():
        for chunk in _chunks(of_cluster):
            try:
                answer = ecs.describe_container_instances(cluster=cluster, containerInstances=chunk)
            except ClientError as error:
                # A deleted compute environment takes its cluster with it.
                if error.response["Error"]["Code"] == "ClusterNotFoundException":
                    break
                raise
            for one in answer["containerInstances"]:
                attributes = {item["name"]: item.get("value") for item in one.get("attributes", [])}
                yield _entry(
                    "aws.ecs.api",
                    at,
                    container_instance_arn=one["containerInstanceArn"],
                    instance_id=one.get("ec2InstanceId"),
                    instance_type=attributes.get("ecs.instance-type"),
                    availability_zone=attributes.get("ecs.availability-zone"),
                )


def read_instances(ec2: Any, instance_ids: Sequence[str], *, at: datetime) -> Iterator[Entry]:
    """EC2 instances: type, zone, launch time, spot or not. Those that EC2 has forgotten are passed over."""
    for chunk in _chunks(instance_ids):
        # A filter leaves out what does not exist, where InstanceIds would refuse the whole question.
        pages = ec2.get_paginator("describe_instances").paginate(Filters=[{"Name": "instance-id", "Values": chunk}])
        for page in pages:
            for one in (instance for group in page["Reservations"] for instance in group["Instances"]):
                spot = one.get("InstanceLifecycle") == "spot"
                launched = one.get("LaunchTime")
                yield _entry(
                    "aws.ec2.api",
                    at,
                    instance_id=one["InstanceId"],
                    instance_type=one.get("InstanceType"),
                    availability_zone=(one.get("Placement") or {}).get("AvailabilityZone"),
                    purchase_option=(PurchaseOption.SPOT if spot else PurchaseOption.ON_DEMAND).value,
                    instance_launched_at=launched and launched.astimezone(UTC),
                )


def read_instance_types(ec2: Any, names: Sequence[str], *, at: datetime) -> Iterator[Entry]:
    """Sizes of instance types: vCPUs and memory. Names that EC2 does not know in this region are passed over."""
    for chunk in _chunks(names):
        pages = ec2.get_paginator("describe_instance_types").paginate(
            Filters=[{"Name": "instance-type", "Values": chunk}]
        )
        for one in (one for page in pages for one in page["InstanceTypes"]):
            yield _entry(
                "aws.ec2.api/instance-types",
                at,
                fact_type=INSTANCE_TYPE_REPORTED,
                instance_type=one["InstanceType"],
                node_vcpus=float(one["VCpuInfo"]["DefaultVCpus"]),
                node_memory_mib=float(one["MemoryInfo"]["SizeInMiB"]),
            )


def _entry(source: str, at: datetime, *, fact_type: str = INSTANCE_REPORTED, **said: Any) -> Entry:
    told = {name: value for name, value in said.items() if value is not None}
    # The time is not part of the identity: the same answer on another day is the same entry.
    raw = {name: to_iso(value) if isinstance(value, datetime) else value for name, value in told.items()}
    fact = known({"type": fact_type, "at": at, **told})
    return Entry(source, content_id(raw), SourceKind.AWS, fact_type, at, [fact], raw)


def _chunks(items: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), AT_ONCE):
        yield list(items[start : start + AT_ONCE])
