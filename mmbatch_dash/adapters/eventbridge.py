"""Amazon EventBridge envelopes as journal entries (events.md section 3). One envelope in, one entry out.

Knows envelopes and the EC2 and ECS details; AWS Batch details are read by `batch_detail`. Detail types nobody here
understands become entries without facts: kept, counted, ignored by the fold.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from mmbatch_dash.adapters.arns import compute_environment
from mmbatch_dash.adapters.batch_detail import read_job
from mmbatch_dash.adapters.reading import mapping_of, mappings_of, required_text, text_of
from mmbatch_dash.domain.choices import NoticeKind, PurchaseOption, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import INSTANCE_REPORTED, Entry, Fact
from mmbatch_dash.domain.instants import parse_instant

RECLAIM_NOTICE = "mmbatch.instance.reclaim_notice"
_ARN_WITH_ZONE = re.compile(r"arn:aws[a-z-]*:ec2:([a-z]{2}(?:-[a-z]+)+-\d+[a-z]):")
DETAIL_TYPES: Mapping[str, str] = {
    "Batch Job State Change": "the job with its attempts: times, exit codes, reasons, container instances, what it "
    "asks for, tags, array and node properties",
    "Batch Job Queue Blocked": "the job at the front of the queue, and why it stands still",
    "ECS Container Instance State Change": "which EC2 instance a container instance is, its type and zone; `INACTIVE`: "
    "nothing runs on it any longer",
    "EC2 Spot Instance Interruption Warning": "a reclaim notice; the instance is Spot; its zone where the ARN names it",
    "EC2 Spot Instance Request Fulfillment": "the instance is Spot",
    "EC2 Instance Rebalance Recommendation": "a rebalance notice",
    "EC2 Instance State-change Notification": "when the instance began to run, was shut down or terminated, or stopped",
}
"""Detail types that are understood, and what each gives."""
_JOBS = frozenset({"Batch Job State Change", "Batch Job Queue Blocked"})
"""Their detail is a job; that of a blocked queue is the job at its front, with the reason why it stands still."""
_GONE = frozenset({"stopping", "stopped"})
_TERMINATED = frozenset({"shutting-down", "terminated"})
_OF_DELIVERY = frozenset({"replay-name"})
_NONE: Mapping[str, str] = MappingProxyType({})


def read_envelope(envelope: Mapping[str, Any], *, purchase_options: Mapping[str, str] = _NONE) -> Entry:
    """One EventBridge event as an entry, identified by its source, account, region and id.

    Args:
        envelope: the event as EventBridge delivers it.
        purchase_options: queue or compute environment → spot or on-demand. What it gives becomes a fact like any other
            and wins over what other events tell of the instance; the setting `aws.purchaseOptions`, which is for where
            no event tells, belongs to the fold.

    Raises:
        InvalidInput: a field is missing, of the wrong kind or out of range; the message names it.
    """
    if not isinstance(envelope, Mapping):
        raise InvalidInput(f"an EventBridge event is a JSON object, not {type(envelope).__name__}")
    identity = required_text(envelope, "id")
    detail_type = required_text(envelope, "detail-type")
    service = required_text(envelope, "source")
    at = parse_instant(required_text(envelope, "time"), field="time")
    region = text_of(envelope, "region")
    origin = [service, text_of(envelope, "account"), region]
    facts: list[Fact] = []
    if detail_type in _JOBS:
        # The event is the state change: where a job never stopped anything, it ended when AWS says so.
        facts = read_job(
            mapping_of(envelope, "detail"),
            at=at,
            path="detail.",
            ended_by=at,
            region=region,
            purchase_options=purchase_options,
        )
    elif reader := _READERS.get(detail_type):
        facts = reader(mapping_of(envelope, "detail"), at, purchase_options)
        if zone := _zone_of(envelope):
            for fact in facts:
                if fact["type"] == INSTANCE_REPORTED:
                    fact.setdefault("availability_zone", zone)
    return Entry(
        source="/".join(part for part in origin if part),
        id=identity,
        kind=SourceKind.AWS,
        type=detail_type,
        time=at,
        facts=facts,
        raw=envelope,
        content=_content(envelope),
    )


def _content(envelope: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The envelope without what one delivery adds to it or orders anew; None where that is nothing.

    EventBridge names the replay in every event that it sends again from an archive, and promises no order of resources.
    """
    resources = envelope.get("resources")
    several = isinstance(resources, list) and len(resources) > 1
    if not several and _OF_DELIVERY.isdisjoint(envelope):
        return None
    content = {key: value for key, value in envelope.items() if key not in _OF_DELIVERY}
    return {**content, "resources": sorted(map(str, resources))} if isinstance(resources, list) else content


def _zone_of(envelope: Mapping[str, Any]) -> str | None:
    """The zone of an instance that stands where its ARN has the region, as EC2 writes it in Spot warnings."""
    for resource in envelope.get("resources") or []:
        if match := _ARN_WITH_ZONE.match(str(resource)):
            return match[1]
    return None


def _container_instance(detail: Mapping[str, Any], at: datetime, options: Mapping[str, str]) -> list[Fact]:
    path = "detail."
    arn = required_text(detail, "containerInstanceArn", path=path)
    fact: Fact = {"type": INSTANCE_REPORTED, "at": at, "container_instance_arn": arn}
    if instance_id := text_of(detail, "ec2InstanceId", path=path):
        fact["instance_id"] = instance_id
    attributes = {str(item.get("name")): item for item in mappings_of(detail, "attributes", path=path)}
    where = f"{path}attributes."
    if instance_type := text_of(attributes.get("ecs.instance-type", {}), "value", path=where):
        fact["instance_type"] = instance_type
    if zone := text_of(attributes.get("ecs.availability-zone", {}), "value", path=where):
        fact["availability_zone"] = zone
    environment = compute_environment(text_of(detail, "clusterArn", path=path))
    if option := options.get(environment or ""):
        fact["purchase_option"] = option
    if text_of(detail, "status", path=path) == "INACTIVE":
        fact["instance_gone_at"] = at
    return [fact]


def _instance(detail: Mapping[str, Any], at: datetime) -> Fact:
    instance_id = required_text(detail, "instance-id", path="detail.")
    return {"type": INSTANCE_REPORTED, "at": at, "instance_id": instance_id}


def _interruption(detail: Mapping[str, Any], at: datetime, options: Mapping[str, str]) -> list[Fact]:
    [notice] = _notice(detail, at, NoticeKind.INTERRUPTION)
    if action := text_of(detail, "instance-action", path="detail."):
        notice["action"] = action
    return [notice, *_spot(detail, at, options)]


def _rebalance(detail: Mapping[str, Any], at: datetime, _options: Mapping[str, str]) -> list[Fact]:
    return _notice(detail, at, NoticeKind.REBALANCE)


def _notice(detail: Mapping[str, Any], at: datetime, kind: NoticeKind) -> list[Fact]:
    instance_id = required_text(detail, "instance-id", path="detail.")
    return [{"type": RECLAIM_NOTICE, "at": at, "instance_id": instance_id, "notice_kind": kind.value}]


def _spot(detail: Mapping[str, Any], at: datetime, _options: Mapping[str, str]) -> list[Fact]:
    return [{**_instance(detail, at), "purchase_option": PurchaseOption.SPOT.value}]


def _instance_state(detail: Mapping[str, Any], at: datetime, _options: Mapping[str, str]) -> list[Fact]:
    fact = _instance(detail, at)
    state = required_text(detail, "state", path="detail.")
    if state == "running":
        return [{**fact, "instance_launched_at": at}]
    if state in _TERMINATED:
        return [{**fact, "instance_terminated_at": at}]
    return [{**fact, "instance_gone_at": at}] if state in _GONE else []


_READERS: Mapping[str, Callable[[Mapping[str, Any], datetime, Mapping[str, str]], list[Fact]]] = {
    "ECS Container Instance State Change": _container_instance,
    "EC2 Spot Instance Interruption Warning": _interruption,
    "EC2 Spot Instance Request Fulfillment": _spot,
    "EC2 Instance Rebalance Recommendation": _rebalance,
    "EC2 Instance State-change Notification": _instance_state,
}
