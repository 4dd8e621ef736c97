"""Amazon EventBridge envelopes as journal entries (events.md section 3). One envelope in, one entry out.

Knows envelopes and the EC2 and ECS details; AWS Batch details are read by `batch_detail`. Detail types nobody here
understands become entries without facts: kept, counted, ignored by the fold.
"""

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
    origin = [service, text_of(envelope, "account"), text_of(envelope, "region")]
    facts: list[Fact] = []
    if reader := _READERS.get(detail_type):
        facts = reader(mapping_of(envelope, "detail"), at, purchase_options)
    return Entry(
        source="/".join(part for part in origin if part),
        id=identity,
        kind=SourceKind.AWS,
        type=detail_type,
        time=at,
        facts=facts,
        raw=envelope,
    )


def _batch_job(detail: Mapping[str, Any], at: datetime, options: Mapping[str, str]) -> list[Fact]:
    # The event is the state change: where a job never stopped anything, it ended when AWS says so.
    return read_job(detail, at=at, path="detail.", ended_by=at, purchase_options=options)


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
    if state == "terminated":
        return [{**fact, "instance_terminated_at": at}]
    return []


_READERS: Mapping[str, Callable[[Mapping[str, Any], datetime, Mapping[str, str]], list[Fact]]] = {
    "Batch Job State Change": _batch_job,
    "ECS Container Instance State Change": _container_instance,
    "EC2 Spot Instance Interruption Warning": _interruption,
    "EC2 Spot Instance Request Fulfillment": _spot,
    "EC2 Instance Rebalance Recommendation": _rebalance,
    "EC2 Instance State-change Notification": _instance_state,
}
