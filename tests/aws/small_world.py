"""A queue in AWS, told in the shapes of its APIs: jobs in several states, an array, a multi-node job, a reclaim."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.aws.scripted import ScriptedAws

ACCOUNT = "arn:aws:batch:us-east-1:123456789012"
QUEUE = f"{ACCOUNT}:job-queue/align"
CLUSTER = "AWSBatch-spot-ce-11111111-2222-3333-4444-555555555555"
CONTAINER_INSTANCE = f"arn:aws:ecs:us-east-1:123456789012:container-instance/{CLUSTER}/"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RECLAIMED = "Host EC2 (instance i-0aaaaaaaaaaaaaaa1) terminated."
PAGE = 3


def ms(clock: str) -> int:
    hours, minutes = (int(part) for part in clock.split(":"))
    return int(NOON.replace(hour=hours, minute=minutes).timestamp() * 1000)


def job(job_id: str, status: str, **more: Any) -> dict[str, Any]:
    """One JobDetail, with what the service model requires."""
    base = {
        "jobName": f"name-{job_id}",
        "jobId": job_id,
        "jobQueue": QUEUE,
        "status": status,
        "startedAt": 0,
        "jobDefinition": f"{ACCOUNT}:job-definition/bwa:3",
        "createdAt": ms("08:00"),
        "platformCapabilities": ["EC2"],
    }
    resources = [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "8192"}]
    return {**base, "container": {"resourceRequirements": resources}, **more}


def attempt(start: str, stop: str, host: str, *, code: int | None = None, reason: str = "") -> dict[str, Any]:
    container: dict[str, Any] = {"containerInstanceArn": CONTAINER_INSTANCE + host}
    if code is not None:
        container["exitCode"] = code
    return {"container": container, "startedAt": ms(start), "stoppedAt": ms(stop), "statusReason": reason}


JOBS = [
    job("queued", "RUNNABLE"),
    job("running", "RUNNING", startedAt=ms("11:00"), container={"containerInstanceArn": CONTAINER_INSTANCE + "host2"}),
    job(
        "reclaimed-once",
        "SUCCEEDED",
        startedAt=ms("10:00"),
        stoppedAt=ms("11:30"),
        attempts=[
            attempt("09:00", "09:30", "host1", reason=RECLAIMED),
            attempt("10:00", "11:30", "host2", code=0, reason="Essential container in task exited"),
        ],
    ),
    job(
        "failed",
        "FAILED",
        startedAt=ms("09:00"),
        stoppedAt=ms("09:10"),
        attempts=[attempt("09:00", "09:10", "host2", code=1)],
    ),
    job("array", "SUCCEEDED", arrayProperties={"size": 2, "statusSummary": {"SUCCEEDED": 2}}, stoppedAt=ms("10:00")),
    *(
        job(
            f"array:{n}",
            "SUCCEEDED",
            arrayProperties={"index": n},
            startedAt=ms("09:00"),
            stoppedAt=ms("10:00"),
            attempts=[attempt("09:00", "10:00", "host2", code=0)],
        )
        for n in range(2)
    ),
    job(
        "nodes",
        "RUNNING",
        nodeProperties={"mainNode": 0, "numNodes": 2, "nodeRangeProperties": []},
        startedAt=ms("11:00"),
    ),
    *(
        job(
            f"nodes#{n}",
            "RUNNING",
            nodeProperties={"mainNode": 0, "numNodes": 2, "nodeRangeProperties": []} if n == 9 else {},
            startedAt=ms("11:00"),
            container={"containerInstanceArn": CONTAINER_INSTANCE + "host2"},
        )
        for n in range(2)
    ),
]
for one in JOBS:
    if one.get("nodeProperties") == {}:
        del one["nodeProperties"]

INSTANCES = {
    "host1": ("i-0aaaaaaaaaaaaaaa1", "07:00"),
    "host2": ("i-0aaaaaaaaaaaaaaa2", "08:30"),
}
SPOT = [  # newest first, as AWS gives it, but for one out of place; a gap of hours before noon
    ("11:15", "0.300000"),
    ("09:15", "0.200000"),
    ("10:30", "0.240000"),
    ("08:00", "0.100000"),
]


def build_aws() -> ScriptedAws:
    """AWS holding the small world. Answers may be replaced by the test."""
    return ScriptedAws(
        DescribeComputeEnvironments=lambda asked: {
            "computeEnvironments": [
                {
                    "computeEnvironmentName": "spot-ce",
                    "computeEnvironmentArn": f"{ACCOUNT}:compute-environment/spot-ce",
                    "computeResources": {"type": "SPOT", "maxvCpus": 64, "subnets": []},
                }
            ]
        },
        DescribeJobQueues=lambda asked: {
            "jobQueues": [
                {
                    "jobQueueName": "align",
                    "jobQueueArn": QUEUE,
                    "state": "ENABLED",
                    "priority": 1,
                    "computeEnvironmentOrder": [
                        {"order": 1, "computeEnvironment": f"{ACCOUNT}:compute-environment/spot-ce"}
                    ],
                }
            ]
        },
        ListJobs=list_jobs,
        DescribeJobs=lambda asked: {"jobs": [one for one in JOBS if one["jobId"] in asked["jobs"]]},
        DescribeContainerInstances=describe_container_instances,
        DescribeInstances=describe_instances,
        DescribeInstanceTypes=lambda asked: {"InstanceTypes": []},
        DescribeSpotPriceHistory=describe_spot_price_history,
        GetProducts=lambda asked: {"PriceList": [PRODUCT]},
    )


def list_jobs(asked: Mapping[str, Any]) -> dict[str, Any]:
    if parent := asked.get("arrayJobId") or asked.get("multiNodeJobId"):
        mark = ":" if "arrayJobId" in asked else "#"
        found = [one for one in JOBS if one["jobId"].startswith(parent + mark)]
    else:
        found = [one for one in JOBS if not {":", "#"} & set(one["jobId"])]
    found = [one for one in found if one["status"] == asked["jobStatus"]]
    first = int(asked.get("nextToken") or 0)
    page = [_summary(one) for one in found[first : first + PAGE]]
    more = {"nextToken": str(first + PAGE)} if len(found) > first + PAGE else {}
    return {"jobSummaryList": page, **more}


def _summary(one: Mapping[str, Any]) -> dict[str, Any]:
    summary = {name: one[name] for name in ("jobId", "jobName", "status", "createdAt")}
    if size := one.get("arrayProperties", {}).get("size"):
        summary["arrayProperties"] = {"size": size}
    if nodes := one.get("nodeProperties", {}).get("numNodes"):
        summary["nodeProperties"] = {"numNodes": nodes, "isMainNode": False}
    return summary


def describe_container_instances(asked: Mapping[str, Any]) -> dict[str, Any]:
    assert asked["cluster"] == CLUSTER
    found = []
    for arn in asked["containerInstances"]:
        instance_id, _ = INSTANCES[arn.rsplit("/", 1)[1]]
        attributes = [
            {"name": "ecs.instance-type", "value": "zz1.2xlarge"},
            {"name": "ecs.availability-zone", "value": "us-east-1a"},
        ]
        found.append({"containerInstanceArn": arn, "ec2InstanceId": instance_id, "attributes": attributes})
    return {"containerInstances": found}


def describe_instances(asked: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked["Filters"][0]["Values"]
    found = [
        {
            "InstanceId": instance_id,
            "InstanceType": "zz1.2xlarge",
            "InstanceLifecycle": "spot",
            "LaunchTime": datetime.fromtimestamp(ms(launched) / 1000, UTC),
            "Placement": {"AvailabilityZone": "us-east-1a"},
        }
        for instance_id, launched in INSTANCES.values()
        if instance_id in wanted
    ]
    return {"Reservations": [{"Instances": found}]}


def describe_spot_price_history(asked: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        {
            "AvailabilityZone": asked["AvailabilityZone"],
            "InstanceType": asked["InstanceTypes"][0],
            "ProductDescription": "Linux/UNIX",
            "SpotPrice": price,
            "Timestamp": datetime.fromtimestamp(ms(clock) / 1000, UTC),
        }
        for clock, price in SPOT
    ]
    first = int(asked.get("NextToken") or 0)
    return {"SpotPriceHistory": rows[first : first + 2], "NextToken": str(first + 2) if len(rows) > first + 2 else ""}


PRODUCT = (
    '{"product": {"attributes": {"instanceType": "zz1.2xlarge", "regionCode": "us-east-1"}}, "terms": {"OnDemand": '
    '{"A.B": {"effectiveDate": "2026-03-01T00:00:00Z", "priceDimensions": {"A.B.C": {"unit": "Hrs", '
    '"pricePerUnit": {"USD": "1.0000000000"}}}}}}}'
)
