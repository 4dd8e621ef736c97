"""Whatever JSON a field holds, an adapter gives entries or refuses it as invalid input: it never breaks."""

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbatch_dash.adapters import batch_api, mmbatch, spot_prices
from mmbatch_dash.adapters.eventbridge import read_envelope
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

MS = 1772323200000
ATTEMPT = {
    "startedAt": MS,
    "stoppedAt": MS + 1,
    "statusReason": "x",
    "container": {"exitCode": 1, "reason": "r", "containerInstanceArn": "arn:x/y", "taskArn": "t"},
    "taskProperties": [{"containers": [{"exitCode": 1}], "containerInstanceArn": "a"}],
}
JOB: dict[str, Any] = {
    "jobId": "a",
    "jobArn": "arn:aws:batch:us-east-1:1:job/a",
    "jobName": "n",
    "jobQueue": "q",
    "jobDefinition": "d",
    "status": "FAILED",
    "statusReason": "r",
    "createdAt": MS,
    "startedAt": MS,
    "stoppedAt": MS + 5,
    "tags": {"k": "v"},
    "platformCapabilities": ["EC2"],
    "container": {"vcpus": 1, "memory": 2, "resourceRequirements": [{"type": "VCPU", "value": "1"}]},
    "ecsProperties": {"taskProperties": [{"containers": [{"resourceRequirements": []}]}]},
    "eksProperties": {"podProperties": {"containers": [{"resources": {"limits": {"cpu": "1"}}}]}},
    "arrayProperties": {"index": 1},
    "nodeProperties": {"nodeIndex": 0},
    "attempts": [ATTEMPT],
}
CONTAINER_INSTANCE = {
    "containerInstanceArn": "arn:x",
    "ec2InstanceId": "i-1",
    "clusterArn": "arn:y/z",
    "attributes": [{"name": "ecs.instance-type", "value": "m5.large"}],
}
MMBATCH_JOB: dict[str, Any] = {
    "id": "a",
    "queueName": "q",
    "createdAt": "2026-03-01T00:00:00Z",
    "updatedAt": MS,
    "status": "Running",
    "spotProtCount": 1,
    "batchJobIds": ["b"],
    "events": [
        {"timestamp": MS, "eventType": "Job-Running", "nodeOid": "n", "containerId": "c", "batchJobId": "b"},
        {"timestamp": MS, "eventType": "Job-Restoring", "nodeOid": "m", "containerId": "c", "batchJobId": "b"},
    ],
}
NODE = {"id": "n", "cores": 2, "memoryInMB": 1, "instance": {"zone": "z", "payType": "spot"}, "lastHeartbeat": MS}
SPOT = {
    "AvailabilityZone": "us-east-1a",
    "InstanceType": "t",
    "ProductDescription": "Linux/UNIX",
    "SpotPrice": "1",
    "Timestamp": "2026-03-01T00:00:00Z",
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value, itself included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The JSON value with another one at `path`."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: changed(value[key], tuple(rest), new)}
    return [changed(inner, tuple(rest), new) if index == key else inner for index, inner in enumerate(value)]


@pytest.mark.parametrize(
    ("detail_type", "detail"),
    [("Batch Job State Change", JOB), ("ECS Container Instance State Change", CONTAINER_INSTANCE)],
)
@given(data=st.data())
def test_an_envelope_with_anything_anywhere_is_an_entry_or_refused(
    detail_type: str, detail: Any, data: st.DataObject
) -> None:
    event = {"id": "1", "detail-type": detail_type, "source": "s", "time": "2026-03-01T00:00:00Z", "detail": detail}
    event = changed(event, data.draw(st.sampled_from(places(event))), data.draw(json_values))
    try:
        result: Entry | str = read_envelope(event)
    except InvalidInput as error:
        result = str(error)
    assert result


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({"jobs": [JOB, JOB]}, batch_api.read_answers),
        ({"jobSummaryList": [JOB]}, batch_api.read_answers),
        ([MMBATCH_JOB, NODE], lambda documents: mmbatch.read_answers(documents, zone=UTC)),
        ({"SpotPriceHistory": [SPOT]}, spot_prices.read_answers),
    ],
)
@given(data=st.data())
def test_an_answer_with_anything_anywhere_gives_entries_rejections_or_is_refused(
    answer: Any, read: Any, data: st.DataObject
) -> None:
    answer = changed(answer, data.draw(st.sampled_from(places(answer))), data.draw(json_values))
    try:
        results = list(read([answer]))
    except InvalidInput as error:
        results = [Rejection(str(error), answer, 0)]
    assert all(isinstance(result, Entry | Rejection) for result in results)
