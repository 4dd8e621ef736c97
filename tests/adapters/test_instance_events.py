"""What EventBridge tells of EC2 and container instances: where they are, how they were bought, when they are gone."""

from typing import Any

import pytest

from mmbatch_dash.adapters.eventbridge import read_envelope
from mmbatch_dash.domain.errors import InvalidInput
from tests.adapters.test_eventbridge import ARN, AT, envelope


@pytest.mark.parametrize("resource", ["arn:aws:ec2:us-east-1b:instance/i-1", "arn:aws:ec2:us-east-1b:1:instance/i-1"])
def test_a_spot_warning_that_has_the_zone_where_the_region_stands_names_the_zone(resource: str) -> None:
    detail = {"instance-id": "i-1", "instance-action": "terminate"}
    event = envelope("EC2 Spot Instance Interruption Warning", detail, resources=[resource])
    _, instance = read_envelope(event).facts
    assert (instance["availability_zone"], instance["purchase_option"]) == ("us-east-1b", "spot")
    event["resources"] = ["arn:aws:ec2:us-east-1:1:instance/i-1"]
    assert "availability_zone" not in read_envelope(event).facts[1]


@pytest.mark.parametrize(("status", "gone"), [("ACTIVE", False), ("DRAINING", False), ("INACTIVE", True)])
def test_an_inactive_container_instance_is_gone(status: str, gone: bool) -> None:
    detail = {"containerInstanceArn": f"{ARN}c/1", "status": status}
    [fact] = read_envelope(envelope("ECS Container Instance State Change", detail)).facts
    assert fact.get("instance_gone_at") == (AT if gone else None)


def test_a_container_instance_tells_its_instance_type_and_zone() -> None:
    detail = {
        "containerInstanceArn": ARN + "a",
        "ec2InstanceId": "i-1",
        "clusterArn": "arn:aws:ecs:us-east-1:1:cluster/my-ce_Batch_2c06f29d-d1fe-3a49-879d-42394c86effc",
        "attributes": [
            {"name": "ecs.instance-type", "value": "m5.large"},
            {"name": "ecs.availability-zone", "value": "us-east-1a"},
            {"name": "com.amazonaws.ecs.capability.ecr-auth"},
        ],
    }
    entry = read_envelope(envelope("ECS Container Instance State Change", detail), purchase_options={"my-ce": "spot"})
    assert entry.facts == [
        {
            "type": "instance.reported",
            "at": AT,
            "container_instance_arn": ARN + "a",
            "instance_id": "i-1",
            "instance_type": "m5.large",
            "availability_zone": "us-east-1a",
            "purchase_option": "spot",
        }
    ]


def test_an_interruption_warning_is_a_notice_and_says_that_the_instance_is_spot() -> None:
    detail = {"instance-id": "i-1", "instance-action": "terminate"}
    notice, instance = read_envelope(envelope("EC2 Spot Instance Interruption Warning", detail)).facts
    assert notice == {
        "type": "mmbatch.instance.reclaim_notice",
        "at": AT,
        "instance_id": "i-1",
        "notice_kind": "interruption",
        "action": "terminate",
    }
    assert instance == {"type": "instance.reported", "at": AT, "instance_id": "i-1", "purchase_option": "spot"}


def test_a_fulfilled_spot_request_says_that_the_instance_is_spot() -> None:
    detail = {"instance-id": "i-1", "spot-instance-request-id": "sir-1"}
    [fact] = read_envelope(envelope("EC2 Spot Instance Request Fulfillment", detail)).facts
    assert (fact["instance_id"], fact["purchase_option"]) == ("i-1", "spot")


def test_a_rebalance_recommendation_is_a_notice_of_its_own_kind() -> None:
    [fact] = read_envelope(envelope("EC2 Instance Rebalance Recommendation", {"instance-id": "i-1"})).facts
    assert (fact["instance_id"], fact["notice_kind"]) == ("i-1", "rebalance")


@pytest.mark.parametrize(
    ("state", "fact"),
    [
        ("running", [("instance_launched_at", AT)]),
        ("terminated", [("instance_terminated_at", AT)]),
        ("pending", []),
        ("shutting-down", [("instance_terminated_at", AT)]),
        ("stopping", [("instance_gone_at", AT)]),
        ("stopped", [("instance_gone_at", AT)]),
    ],
)
def test_what_ec2_says_of_an_instance_is_when_it_began_and_when_it_was_gone(state: str, fact: list[Any]) -> None:
    facts = read_envelope(
        envelope("EC2 Instance State-change Notification", {"instance-id": "i-1", "state": state})
    ).facts
    base = {"type": "instance.reported", "at": AT, "instance_id": "i-1"}
    assert facts == [{**base, name: value} for name, value in fact]


@pytest.mark.parametrize(
    "detail_type", ["EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"]
)
def test_a_notice_about_no_instance_is_refused(detail_type: str) -> None:
    with pytest.raises(InvalidInput, match=r"^detail\.instance-id: is missing"):
        read_envelope(envelope(detail_type, {}))
