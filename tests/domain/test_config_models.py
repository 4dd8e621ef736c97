"""The models: defaults of api.md, words for every key, warnings, text forms."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbatch_dash.domain.config import (
    KEYS,
    SECTIONS,
    Config,
    ConfigRefused,
    flatten,
    from_text,
    nearest_key,
    parse_config,
    plain_value,
    render_default,
    to_text,
    warnings,
)
from mmbatch_dash.domain.config.config import NO_ID
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.durations import Duration

DEFAULTS: dict[str, Any] = {
    "addr": "http://127.0.0.1:8080",
    "id": NO_ID,
    "budgets": {},
    "security.certFile": "",
    "security.keyFile": "",
    "security.cognito.enabled": False,
    "security.cognito.region": "",
    "security.cognito.userPoolID": "",
    "security.cognito.identityPoolID": "",
    "security.cognito.clientID": "",
    "security.cognito.adminGroups": ["admin"],
    "security.cognito.readerGroups": [],
    "security.cognito.domain": "",
    "security.cognito.scopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
    "security.cognito.clientSecretFile": "",
    "security.cognito.publicURL": "",
    "ckpt.ckptMode": "iterative",
    "ckpt.ckptInterval": "15m0s",
    "ckpt.ckptImagePath": "/mmc-checkpoint",
    "ckpt.ckptFiles": [],
    "ckpt.IRMapScanPaths": [],
    "ckpt.ckptOnSigTerm": False,
    "ckpt.diagnosisMode": False,
    "ckpt.rootFSDiff": False,
    "ckpt.cloudWatchMode": False,
    "ckpt.tcpClose": False,
    "ckpt.queues": {},
    "node.heartbeat": "30s",
    "node.ttl": "5m0s",
    "node.maxPerLogSizeMB": 2,
    "node.maxNodeLogTotalMB": 1024,
    "node.maxNodes": 10000,
    "node.maxLogAge": "336h0m0s",
    "node.cleanLogInterval": "12h0m0s",
    "job.ebsPerJob": False,
    "job.diskType": "gp3",
    "job.diskSizeGB": 100,
    "job.ebsMountPath": "/mnt/mmab",
    "job.customTags": {},
    "job.storCleanIntvl": "24h0m0s",
    "job.retentionPolicy": "time",
    "job.retentionInterval": "1h0m0s",
    "job.successTTL": "72h0m0s",
    "job.failureTTL": "168h0m0s",
    "log.level": "info",
    "log.maxSizeMB": 10,
    "log.maxBackups": 10,
    "alerts.channels": {},
    "alerts.tell": [],
    "alerts.rules": {},
    "alerts.digestTo": [],
    "alerts.digestEvery": "weekly",
    "audit.maxSizeMB": 50,
    "audit.maxBackups": 10,
    "dashboard.timezone": "UTC",
    "dashboard.engineeringMode": False,
    "dashboard.refresh": "15s",
    "dashboard.staleAfter": "168h0m0s",
    "pricing.region": "us-east-1",
    "pricing.attribution": "instance",
    "pricing.assumedSpotDiscount": "none",
    "pricing.freeFirstHour": True,
    "aws.purchaseOptions": {},
    "aws.accounts": [],
    "aws.syncEvery": "0s",
    "aws.eventQueues": [],
    "ingest.maxBodyMB": 32,
    "ingest.maxEventsPerRequest": 50000,
    "ingest.maxImportMB": 4096,
    "storage.reserveMB": 256,
    "retention.journal": "forever",
    "retention.jobs": "forever",
    "cluster.postgres": "",
}


def test_the_defaults_are_the_published_ones_in_the_published_order() -> None:
    assert list(flatten(Config().as_json()).items()) == list(DEFAULTS.items())
    assert {key.name: key.default for key in KEYS.values()} == DEFAULTS


@pytest.mark.parametrize("name", list(KEYS))
def test_every_key_says_what_it_is_and_what_is_valid(name: str) -> None:
    key = KEYS[name]
    assert key.description.endswith(".")
    assert key.valid or key.kind is Kind.BOOL
    assert bool(key.choices) == (key.kind is Kind.CHOICE)
    assert key.section == "" or key.section in SECTIONS


def test_what_sets_keys_apart_is_marked() -> None:
    def marked(mark: str) -> list[str]:
        return [key.name for key in KEYS.values() if getattr(key.marks, mark)]

    assert marked("restart") == ["addr", "security.certFile", "security.keyFile", "cluster.postgres"]
    assert marked("fixed") == ["id"]
    assert marked("secret") == ["security.cognito.clientSecretFile", "alerts.channels", "cluster.postgres"]
    assert {name: KEYS[name].marks.job_variable for name in marked("job_variable")} == {
        "ckpt.ckptMode": "MMC_CHECKPOINT_MODE",
        "ckpt.ckptInterval": "MMC_CHECKPOINT_INTERVAL",
        "ckpt.diagnosisMode": "MMC_CHECKPOINT_DIAGNOSIS",
    }
    assert {KEYS[name].section for name in marked("ours")} == {
        *(
            "",
            "alerts",
            "audit",
            "aws",
            "ckpt",
            "cluster",
            "dashboard",
            "ingest",
            "node",
            "pricing",
            "retention",
            "security.cognito",
            "storage",
        )
    }


def test_the_shipped_file_is_the_commented_default(project: Path) -> None:
    shipped = (project / "data" / "config.default.yaml").read_text()
    assert shipped == render_default(NO_ID)
    for key in KEYS.values():
        assert " ".join(key.description.split()) in " ".join(shipped.replace("#", " ").split())


@pytest.mark.parametrize(
    "tree", [None, {}, {"ckpt": None}, {"security": {"cognito": None}}, {"ckpt": {"ckptFiles": None}}]
)
def test_what_is_left_out_or_empty_takes_its_default(tree: Any) -> None:
    assert parse_config(tree) == Config()


def test_every_problem_is_found_not_only_the_first() -> None:
    with pytest.raises(ConfigRefused) as refused:
        parse_config({"log": {"level": "loud", "maxSizeMB": 0}, "nod": {}})
    assert [problem.key for problem in refused.value.problems] == ["log.level", "log.maxSizeMB", "nod"]


@pytest.mark.parametrize("tree", [[], "text", 3, {1: 2}, {"log": []}, {"log": "x"}, {"job": {"customTags": {1: "a"}}}])
def test_what_is_no_tree_of_sections_is_refused_and_nothing_breaks(tree: Any) -> None:
    with pytest.raises(ConfigRefused, match=r"must|not a known key"):
        parse_config(tree)


@pytest.mark.parametrize(
    ("tree", "warned"),
    [
        ({"ckpt": {"ckptInterval": "2m"}}, ["ckpt.ckptInterval"]),
        ({"ckpt": {"ckptInterval": "2m1ns"}}, []),
        ({"ckpt": {"ckptInterval": "1m", "ckptMode": "none"}}, []),
        ({"node": {"heartbeat": "1m", "ttl": "119s"}}, ["node.ttl"]),
        ({"node": {"heartbeat": "1m", "ttl": "2m"}}, []),
        ({}, []),
    ],
)
def test_a_doubtful_value_is_warned_about_and_accepted(tree: dict[str, Any], warned: list[str]) -> None:
    assert [warning.key for warning in warnings(parse_config(tree))] == warned


@pytest.mark.parametrize(
    ("meant", "nearest"),
    [
        ("node.tll", "node.ttl"),
        ("ckpt.interval", "ckpt.ckptInterval"),
        ("log.maxSize", "log.maxSizeMB"),
        ("chkpt", "ckpt"),
        ("loglevel", "log.level"),
        ("job.tags", "job.customTags"),
        ("security.cognito.userPoolId", "security.cognito.userPoolID"),
    ],
)
def test_the_nearest_key_is_the_one_meant(meant: str, nearest: str) -> None:
    assert nearest_key(meant) == nearest


@pytest.mark.parametrize("name", list(KEYS))
def test_the_default_of_every_key_reads_back_from_its_text(name: str) -> None:
    assert from_text(KEYS[name], to_text(KEYS[name].default)) == KEYS[name].default


ITEM = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.lists(ITEM, max_size=5), st.dictionaries(ITEM, ITEM, max_size=5), st.integers(1, 2**31 - 1), st.booleans())
def test_any_value_reads_back_from_its_text(paths: list[str], tags: dict[str, str], count: int, switch: bool) -> None:
    values = {"ckpt.ckptFiles": paths, "job.customTags": tags, "log.maxBackups": count, "ckpt.tcpClose": switch}
    assert {name: from_text(KEYS[name], to_text(value)) for name, value in values.items()} == values


def test_a_value_becomes_plain_for_yaml() -> None:
    assert plain_value(KEYS["node.ttl"], Duration(60 * 10**9)) == "1m0s"
    assert plain_value(KEYS["retention.jobs"], None) == "forever"
    assert plain_value(KEYS["ckpt.ckptFiles"], ("/a", "/b")) == ["/a", "/b"]
    assert plain_value(KEYS["security.certFile"], None) == ""
    assert plain_value(KEYS["job.customTags"], {"a": "b"}) == {"a": "b"}


def test_the_address_is_taken_apart() -> None:
    config = parse_config({"addr": "https://[::1]:8443", "security": {"certFile": "/c", "keyFile": "/k"}})
    assert (config.host, config.port, config.https) == ("::1", 8443, True)
