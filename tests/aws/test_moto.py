"""Against a moto server: the queue is emptied only of what is on disk, and Batch, EC2 and ECS answer over the wire."""

import json
from typing import Any

import boto3
import pytest

from mmbatch_dash.adapters.aws.account import Account, Clients
from mmbatch_dash.adapters.aws.messages import drain_queue, read_message
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.facts import Entry, Rejection
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.services import Services
from tests.aws.small_world import NOON

WARNING = {
    "version": "0",
    "detail-type": "EC2 Spot Instance Interruption Warning",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2026-03-10T11:58:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"instance-id": "i-0aaaaaaaaaaaaaaa1", "instance-action": "terminate"},
}


pytestmark = pytest.mark.usefixtures("aws_stand_in")


def send(sqs: Any, queue_url: str, count: int) -> None:
    for number in range(count):
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps({**WARNING, "id": f"w-{number}"}))


def waiting(sqs: Any, queue_url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_the_queue_is_emptied_into_the_journal_and_a_repeat_adds_nothing(services: Services) -> None:
    sqs = Clients(Account()).client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    send(sqs, url, 23)
    sqs.send_message(QueueUrl=url, MessageBody="not an event")
    drained = drain_queue(sqs, url, services.intake.take)
    assert (drained.messages, drained.undeleted, waiting(sqs, url)) == (24, 0, 0)
    services.fold.fold_all()
    with services.database.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM notices").fetchone() == (23,)
    assert services.rejects.count() == 1
    send(sqs, url, 23)
    end = services.journal.end
    drain_queue(sqs, url, services.intake.take)
    assert (services.journal.end, waiting(sqs, url)) == (end, 0)


def test_a_message_stays_on_the_queue_until_its_events_are_on_disk() -> None:
    sqs = Clients(Account()).client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    send(sqs, url, 3)

    def full_disk(items: Any) -> None:
        assert waiting(sqs, url) == 3
        raise StoreUnavailable("The disk is full.")

    with pytest.raises(StoreUnavailable):
        drain_queue(sqs, url, full_disk)
    assert waiting(sqs, url) == 3


def test_a_notification_of_sns_is_opened_and_a_message_that_is_no_event_is_kept_aside() -> None:
    inside = json.dumps({"Type": "Notification", "Message": json.dumps({**WARNING, "id": "w-1"})})
    [entry] = read_message(inside)
    assert isinstance(entry, Entry)
    [rejection] = read_message('{"id": 1}', 4)
    assert isinstance(rejection, Rejection)
    assert rejection.index == 4


def test_jobs_of_a_batch_that_speaks_over_the_wire_arrive_and_a_second_run_adds_nothing(services: Services) -> None:
    build_batch()
    state = services.sync.run_once()
    account = state.accounts["default"]
    # moto has no price list: that step fails, says so, and keeps none of the others from its work.
    assert set(account.errors) <= {"on_demand_prices"}
    with services.database.cursor() as cursor:
        found = cursor.execute("SELECT name, queue FROM jobs WHERE NOT is_parent ORDER BY ALL").fetchall()
    assert ("one", "align") in found
    end = services.journal.end
    services.sync.run_once()
    assert services.journal.end == end
    assert account.last_try == to_iso(NOON)


def build_batch() -> None:
    iam, ec2, batch = (boto3.client(name, region_name="us-east-1") for name in ("iam", "ec2", "batch"))
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="ecs")
    profile = iam.get_instance_profile(InstanceProfileName="ecs")["InstanceProfile"]["Arn"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    environment = batch.create_compute_environment(
        computeEnvironmentName="spot-ce",
        type="MANAGED",
        state="ENABLED",
        computeResources={
            "type": "SPOT",
            "minvCpus": 0,
            "maxvCpus": 8,
            "desiredvCpus": 0,
            "instanceTypes": ["m5.large"],
            "subnets": [subnet],
            "securityGroupIds": [group],
            "instanceRole": profile,
            "bidPercentage": 100,
            "spotIamFleetRole": role,
        },
        serviceRole=role,
    )
    queue = batch.create_job_queue(
        jobQueueName="align",
        state="ENABLED",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}],
    )
    definition = batch.register_job_definition(
        jobDefinitionName="bwa",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 128, "command": ["true"]},
    )
    batch.submit_job(jobName="one", jobQueue=queue["jobQueueArn"], jobDefinition=definition["jobDefinitionArn"])
