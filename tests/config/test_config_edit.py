"""Changing a value changes that value in the text, and no other byte."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbatch_dash.domain.config import ConfigRefused
from mmbatch_dash.store.config.edit import set_values
from mmbatch_dash.store.config.yaml import read_document

HAND_WRITTEN = (Path(__file__).parent / "hand_written.yaml").read_text()


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("key", "value", "gone", "come"),
    [
        (
            "addr",
            "http://0.0.0.0:80",
            ['addr: "http://127.0.0.1:8080"   # behind the proxy'],
            ['addr: "http://0.0.0.0:80"   # behind the proxy'],
        ),
        (
            "ckpt.ckptInterval",
            "5m",
            ["    ckptInterval: '20m'          # measured in March: 15m cost us 4 %"],
            ["    ckptInterval: '5m'          # measured in March: 15m cost us 4 %"],
        ),
        (
            "job.diskSizeGB",
            300,
            ["  diskSizeGB:    200             # aligned by hand"],
            ["  diskSizeGB:    300             # aligned by hand"],
        ),
        (
            "node.ttl",
            "6m",
            ["node: {heartbeat: 30s, ttl: 5m}  # one line is enough"],
            ["node: {heartbeat: 30s, ttl: 6m}  # one line is enough"],
        ),
        (
            "node.cleanLogInterval",
            "6h",
            ["node: {heartbeat: 30s, ttl: 5m}  # one line is enough"],
            ["node: {heartbeat: 30s, ttl: 5m, cleanLogInterval: 6h}  # one line is enough"],
        ),
        ("ckpt.tcpClose", True, [], ["    tcpClose: true"]),
        ("log.maxSizeMB", 5, [], ["  maxSizeMB: 5"]),
        ("dashboard.refresh", "30s", [], ["  refresh: 30s"]),
        ("retention.jobs", "8760h", [], ["retention:", "  jobs: 8760h"]),
        (
            "security.certFile",
            "/tls/chain.pem",
            ["  certFile:                      # the proxy does TLS"],
            ["  certFile: /tls/chain.pem                      # the proxy does TLS"],
        ),
        ("security.cognito.region", "eu-west-1", [], ["  cognito:", "    region: eu-west-1"]),
        (
            "ckpt.IRMapScanPaths",
            ["/x y", "no"],
            ["    IRMapScanPaths: [ /data/in, /data/out ]"],
            ["    IRMapScanPaths: [/x y, no]"],
        ),
        ("job.customTags", {"owner": "genomics", "cost centre": "R&D 42"}, ["    stage: prod"], []),
        (
            "job.customTags",
            {"owner": "physics", "cost centre": "it's 7", "stage": "prod", "a: b": "#1"},
            ["    owner: genomics              # billing reads this", "    \"cost centre\": 'R&D 42'"],
            [
                "    owner: physics              # billing reads this",
                "    \"cost centre\": 'it''s 7'",
                '    "a: b": "#1"',
            ],
        ),
        ("ckpt.ckptFiles", ["/tmp/star genome"], ["      - /tmp/index.bin           # bwa"], []),
        ("ckpt.ckptFiles", ["/tmp/index.bin", "/new", "/tmp/star genome"], [], ["      - /new"]),
        ("ckpt.ckptFiles", ["/0", "/tmp/index.bin", "/tmp/star genome", "/9"], [], ["      - /0", "      - /9"]),
    ],
)
def test_only_the_lines_of_the_key_change(key: str, value: Any, gone: list[str], come: list[str]) -> None:
    assert changed_lines(HAND_WRITTEN, set_values(HAND_WRITTEN, {key: value})) == (gone, come)


def test_a_list_that_becomes_empty_leaves_the_comments_around_it() -> None:
    text = set_values(HAND_WRITTEN, {"ckpt.ckptFiles": []})
    assert "ckptFiles: []                   # what the aligners leave in /tmp" in text
    assert "# the next one is only there for STAR" in text


def test_many_tags_are_written_one_a_line() -> None:
    tags = {f"tag {number}": f"value {number}" for number in range(12)}
    text = set_values("job:\n  customTags: {}  # none yet\nlog:\n  level: info\n", {"job.customTags": tags})
    assert text.startswith("job:\n  customTags:  # none yet\n    tag 0: value 0\n")
    assert read_document(text).tree == {"job": {"customTags": tags}, "log": {"level": "info"}}


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "# no line end", "log:\n", "log: {}\n", "log: ~ # x\n", "{}"]
)
def test_a_key_can_be_set_in_a_file_that_has_nothing_of_it(text: str) -> None:
    assert read_document(set_values(text, {"log.level": "debug"})).tree == {"log": {"level": "debug"}}


def test_line_ends_of_windows_stay() -> None:
    text = set_values("a: 1\r\nlog:\r\n  level: info # x\r\n", {"log.level": "debug", "log.maxSizeMB": 3})
    assert text == "a: 1\r\nlog:\r\n  level: debug # x\r\n  maxSizeMB: 3\r\n"


def test_a_text_with_aliases_is_left_alone_and_says_why() -> None:
    text = "node:\n  heartbeat: &beat 30s\n  cleanLogInterval: *beat\n"
    with pytest.raises(ConfigRefused, match="change it by hand"):
        set_values(text, {"node.cleanLogInterval": "1h"})


@pytest.mark.parametrize(
    "value",
    [
        "no",
        "true",
        "null",
        "~",
        "1",
        "0x1F",
        "1e3",
        "2020-01-01",
        "a: b",
        "#x",
        "a #b",
        "- a",
        "",
        " a",
        "=",
        "ü",
        "'",
        '"',
        "{",
        "a,b",
        "*x",
        "&x",
        "!x",
        "%",
        "@",
        "`",
        "<<",
        "\\",
        "?",
        "a\\nb",
    ],
)
def test_any_text_is_written_so_that_it_reads_back(value: str) -> None:
    for style in ("plain", "'single'", '"double"'):
        before = f"security:\n  certFile: {style} # c\n"
        after = set_values(before, {"security.certFile": value})
        assert read_document(after).tree == {"security": {"certFile": value}}
        assert after.endswith(" # c\n")


COMMENTS = re.findall(r"#.*", HAND_WRITTEN)
ITEMS = st.lists(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12), max_size=6)


@given(ITEMS, ITEMS)
def test_any_list_can_follow_any_list(first: list[str], second: list[str]) -> None:
    once = set_values(HAND_WRITTEN, {"ckpt.ckptFiles": first})
    twice = set_values(once, {"ckpt.ckptFiles": second})
    tree = deepcopy(read_document(HAND_WRITTEN).tree)
    tree["ckpt"]["ckptFiles"] = second
    assert read_document(twice).tree == tree
    assert [comment for comment in COMMENTS if comment not in twice and comment != "# bwa"] == []


@given(
    st.dictionaries(
        st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=9),
        st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=9),
        max_size=5,
    )
)
def test_any_map_can_be_set(tags: dict[str, str]) -> None:
    after = set_values(HAND_WRITTEN, {"job.customTags": tags})
    assert read_document(after).tree["job"]["customTags"] == tags


@pytest.mark.parametrize("share", [0.0, 1e-05, 1e-25, 1.1125369292536007e-05, 2.2250738585072014e-308, 5e-324])
def test_the_smallest_numbers_read_back_as_they_were(share: float) -> None:
    text = set_values("pricing:\n  assumedSpotDiscount: 0.5\n", {"pricing.assumedSpotDiscount": share})
    assert read_document(text).tree == {"pricing": {"assumedSpotDiscount": share}}
