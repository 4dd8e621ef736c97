"""Queues with values of their own: what a node gets that asks for its queue, and one that does not."""

from pathlib import Path

from mmbatch_dash.domain.config import KEYS, from_text, parse_config
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.state import etag_of, public_tree
from mmbatch_dash.store.config.store import ConfigStore

QUEUES = {"align": {"ckptInterval": "5m"}, "qc": {"ckptMode": "none"}}


def test_a_queue_has_its_own_values_and_the_global_ones_for_the_rest() -> None:
    config = parse_config({"ckpt": {"ckptInterval": "20m", "queues": QUEUES}})
    told = {queue: public_tree(config, queue)["ckpt"] for queue in (None, "align", "qc", "other")}
    assert {queue: (ckpt["ckptMode"], ckpt["ckptInterval"]) for queue, ckpt in told.items()} == {
        None: ("iterative", "20m0s"),
        "align": ("iterative", "5m0s"),
        "qc": ("none", "20m0s"),
        "other": ("iterative", "20m0s"),
    }


def test_nodes_are_told_as_before_that_there_are_no_queues() -> None:
    before, after = parse_config({}), parse_config({"ckpt": {"queues": QUEUES}})
    assert public_tree(before) == public_tree(after)
    assert etag_of(before) == etag_of(after) == etag_of(after, "other") != etag_of(after, "align")


def test_the_map_is_given_and_kept_as_a_whole(tmp_path: Path) -> None:
    store = ConfigStore(tmp_path)
    store.apply(
        {"ckpt.queues": from_text(KEYS["ckpt.queues"], '{"align": {"ckptInterval": "5m"}}')},
        who="ana",
        origin=Origin.API,
    )
    again = ConfigStore(tmp_path).current()
    assert again.as_json()["ckpt"]["queues"] == {"align": {"ckptInterval": "5m0s"}}
    assert str(again.ckpt.for_queue("align")[1]) == "5m0s"
