"""Texts of event data: bounds said in words, NUL replaced wherever it stands."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.events import read_data
from mmbatch_dash.domain.facts import Fact

AT = datetime(2026, 3, 1, tzinfo=UTC)


def submitted(**data: Any) -> Fact:
    return read_data("mmbatch.job.submitted", {"job_id": "a", **data}, AT)


def test_nul_is_replaced_in_texts_in_tags_and_in_lists() -> None:
    fact = submitted(job_id="a\x00", name="\x00b", tags={"k\x00": "v\x00", "plain": "w"})
    assert fact["job_id"] == "a\N{REPLACEMENT CHARACTER}"
    assert fact["name"] == "\N{REPLACEMENT CHARACTER}b"
    assert fact["tags"] == {"k\N{REPLACEMENT CHARACTER}": "v\N{REPLACEMENT CHARACTER}", "plain": "w"}
    beat = read_data("mmbatch.node.heartbeat", {"node_id": "n", "job_ids": ["a\x00", "b"]}, AT)
    assert beat["job_ids"] == ["a\N{REPLACEMENT CHARACTER}", "b"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"job_id": ""}, "data.job_id: String should have at least 1 character"),
        ({"job_id": "x" * 513}, "data.job_id: String should have at most 512 characters"),
        ({"name": "x" * 32_769}, "data.name: String should have at most 32768 characters"),
        ({"tags": {"k": 3}}, "data.tags.k: must be a valid string"),
        ({"tags": {str(n): "x" for n in range(201)}}, "data.tags: Dictionary should have at most 200 items"),
    ],
)
def test_a_bound_that_is_broken_is_said_in_words(data: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        submitted(**data)


def test_texts_as_long_as_the_bound_enter() -> None:
    assert len(submitted(job_id="x" * 512)["job_id"]) == 512
    assert len(submitted(name="é" * 32_768)["name"]) == 32_768
