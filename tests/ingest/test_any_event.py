"""Whatever JSON an event is, it is read or refused as invalid input; whatever is accepted can be folded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmbatch_dash.adapters.cloudevents import read_batch, read_event
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.events import EVENT_TYPES
from mmbatch_dash.domain.facts import Entry
from tests.effort import effort
from tests.store.world import World

JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_TEXT, inner, max_size=3),
    max_leaves=8,
)
times = st.one_of(
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    st.sampled_from(["2026-03-01T00:00:00Z", "2026-03-01T00:30:00+05:30", "2026-03-01T01:00:00.123456Z"]),
    st.sampled_from(["2026-03-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", "24:00", ""]),
)
ids = st.sampled_from(["a", "b", "a:1", "a#0", "\x00", "i-1", "i-2"])
amounts = st.integers(-1, 5) | st.floats(0, 1e12) | st.floats(allow_nan=False, allow_infinity=False)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(["job_id", "instance_id", "parent_id", "node_id", "checkpoint_id", "container_id"], ids),
    **dict.fromkeys(["taken_at", "checkpoint_taken_at", "instance_launched_at", "action_at", "effective_at"], times),
    **dict.fromkeys(["vcpus", "memory_mib", "gpus", "usd_per_hour", "duration_seconds", "cpu_seconds"], amounts),
    **dict.fromkeys(["size_bytes", "rootfs_bytes_max", "exit_code"], st.integers()),
    **dict.fromkeys(["name", "queue", "definition", "user", "error", "action", "region", "engine_version"], JSON_TEXT),
    "attempt": st.integers(1, 3) | st.integers(),
    "tags": st.dictionaries(JSON_TEXT, JSON_TEXT, max_size=3),
    "job_ids": st.lists(ids, max_size=3),
    "purchase_option": st.sampled_from(["spot", "on-demand", "unknown", None, "Spot"]),
    "reason": st.sampled_from(["reclaimed", "host_lost", "failed", "out of memory"]),
    "kind": st.sampled_from(["interruption", "rebalance", None]),
    "instance_type": st.sampled_from(["m5.large", "c5.xlarge"]),
    "availability_zone": st.sampled_from(["us-east-1a", "eu-west-3b", "nowhere"]),
}
data = st.fixed_dictionaries(
    {}, optional={name: values | st.none() if name != "job_id" else values for name, values in FIELDS.items()}
) | st.dictionaries(st.sampled_from(sorted(FIELDS)), json_values)
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "job_id": ids,
    "attempt": st.integers(1, 3),
    "instance_id": ids,
    "node_id": ids,
    "instance_type": FIELDS["instance_type"],
    "purchase_option": st.sampled_from(["spot", "on-demand"]),
    "usd_per_hour": st.floats(0.01, 10),
    "effective_at": st.just("2026-03-01T00:00:00Z"),
    "reason": FIELDS["reason"],
}
likely_data = st.fixed_dictionaries(
    LIKELY, optional={name: values for name, values in FIELDS.items() if name not in LIKELY and name != "kind"}
)


def events(of_data: st.SearchStrategy[Any], of_times: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "id": st.uuids().map(str),
            "source": st.sampled_from(["one", "two"]),
            "type": st.sampled_from(sorted(EVENT_TYPES)),
            "time": of_times,
            "data": of_data,
        }
    )


envelopes = st.fixed_dictionaries(
    {
        "id": JSON_TEXT,
        "detail-type": st.sampled_from(["Batch Job State Change", "EC2 Spot Instance Interruption Warning", "other"]),
        "source": JSON_TEXT,
        "time": times,
        "detail": st.dictionaries(
            st.sampled_from(["jobId", "status", "attempts", "instance-id", "container"]), json_values
        ),
    }
)
hours = st.integers(0, 24 * 3600).map(lambda second: f"2026-03-01T{second // 3600 % 24:02}:{second // 60 % 60:02}:00Z")


@given(
    json_values
    | events(data, times)
    | envelopes
    | st.dictionaries(
        st.sampled_from(["specversion", "id", "source", "type", "time", "data", "detail-type"]), json_values
    )
)
def test_any_json_is_read_or_refused_as_invalid_input(value: Any) -> None:
    value = orjson.loads(orjson.dumps(value))
    try:
        read: Entry | str = read_event(value)
    except InvalidInput as error:
        read = str(error)
        assert 0 < len(read) < 2000
    assert read


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    opened = World(Path(tmp_path_factory.mktemp("any")))
    yield opened
    opened.close()


@settings(
    max_examples=effort(30, 10), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(bodies=st.lists(events(likely_data, hours) | events(data, times) | envelopes, min_size=1, max_size=25))
def test_whatever_is_accepted_folds_and_is_found_again(world: World, bodies: list[dict[str, Any]]) -> None:
    items = list(read_batch(bodies))
    receipt = world.take_items(items)
    assert receipt.accepted + receipt.duplicates + len(receipt.rejected) == len(bodies)
    assert world.fold.position == world.journal.end
    aside = [rejection.raw for rejection in receipt.rejected]
    taken = [item for item in items if isinstance(item, Entry) and not any(item.raw is raw for raw in aside)]
    jobs = {fact["job_id"] for item in taken for fact in item.facts if "job_id" in fact}
    known = {row[0] for row in world.rows("SELECT job_id FROM jobs")}
    assert jobs <= known
