"""Every invalid value is refused by API, file, command line and environment alike, with the same sentence."""

import json
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from typer.testing import CliRunner

from mmbatch_dash.api.config import build_blueprint
from mmbatch_dash.api.errors import register_error_handlers
from mmbatch_dash.commands.config import app as cli
from mmbatch_dash.domain.config import KEYS, ConfigRefused, to_text
from mmbatch_dash.domain.config.alert_rules import SHIPPED
from mmbatch_dash.domain.config.cluster import DATABASE
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.services.login_trial import NO_WAY_BACK, build_login_trial
from mmbatch_dash.store.config.overrides import variable_of
from mmbatch_dash.store.config.scalars import flow_text
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.config.trials import build_address_trial, try_certificate
from mmbatch_dash.store.documents.files import FileDocuments

ADDRESS = "must be http:// or https://, a host and a port, such as http://127.0.0.1:8080"
MAP = 'must be a mapping of names to values such as a:x,b:y or {"a":"x"}'
DOMAIN = "must be a domain such as team.auth.us-east-1.amazoncognito.com, alone or after https://, or empty"
ABSOLUTE = "must be an absolute path such as /mnt/data"
NOT_SHOWN = "the one given is not shown"
ALERT_URL = f"must have a url such as json://host/path, mailto://… or sns:ARN; {NOT_SHOWN}"
DURATION = "must be a duration such as 15m, 90s or 1h30m"
SWITCHES = [key.name for key in KEYS.values() if key.kind is Kind.BOOL]
COUNTS = [key.name for key in KEYS.values() if key.kind is Kind.INTEGER and key.name != "job.diskSizeGB"]
INTERVALS = [
    "ckpt.ckptInterval",
    "dashboard.staleAfter",
    "node.heartbeat",
    "node.ttl",
    "node.cleanLogInterval",
    "node.maxLogAge",
    "job.storCleanIntvl",
    "job.retentionInterval",
    "dashboard.staleAfter",
]
AGES = ["job.successTTL", "job.failureTTL"]

INVALID: list[tuple[dict[str, Any], str]] = [
    *(({key: "maybe"}, f"{key}: must be true or false, not 'maybe'") for key in SWITCHES),
    *(({key: 0}, f"{key}: must be greater than 0, not 0") for key in COUNTS),
    *(({key: -3}, f"{key}: must be greater than 0, not -3") for key in COUNTS),
    *(({key: 2**31}, f"{key}: must be at most 2147483647, not 2147483648") for key in COUNTS),
    *(({key: "many"}, f"{key}: must be a whole number, not 'many'") for key in COUNTS),
    *(({key: "0s"}, f"{key}: must be greater than 0, not 0s") for key in INTERVALS),
    *(({key: "-5m"}, f"{key}: must be greater than 0, not -5m0s") for key in INTERVALS),
    *(({key: "soon"}, f"{key}: {DURATION}, not 'soon'") for key in [*INTERVALS, *AGES]),
    *(({key: "1d"}, f"{key}: {DURATION}, not '1d'") for key in [*INTERVALS, *AGES]),
    *(({key: "-1h"}, f"{key}: must be 0 or more, not -1h0m0s") for key in AGES),
    *(
        ({"addr": text}, f"addr: {ADDRESS}, not '{text}'")
        for text in (
            "127.0.0.1:8080",
            "http://127.0.0.1",
            "ftp://host:21",
            "http://host:0",
            "http://host:99999",
            "http://:80",
            "http://host:80/path",
            "http://me@host:80",
            "http://ho st:80",
        )
    ),
    ({"addr": "https://127.0.0.1:8443"}, "security.certFile: must not be empty, because addr is https"),
    ({"id": "x"}, "id: "),
    (
        {"security.certFile": "tls/chain.pem"},
        "security.certFile: must be an absolute path, or empty, not 'tls/chain.pem'",
    ),
    (
        {"security.certFile": "/a"},
        "security.keyFile: must not be empty, because security.certFile is set; they belong together",
    ),
    (
        {"security.keyFile": "/a"},
        "security.certFile: must not be empty, because security.keyFile is set; they belong together",
    ),
    (
        {"security.certFile": "/no/chain", "security.keyFile": "/no/key"},
        "security.certFile: cannot be read: /no/chain: No such file or directory",
    ),
    (
        {"security.cognito.enabled": True},
        "security.cognito.region: must not be empty, because security.cognito.enabled is true",
    ),
    (
        {
            "security.cognito.enabled": True,
            "security.cognito.region": "eu-west-1",
            "security.cognito.userPoolID": "eu-west-1_Abc",
            "security.cognito.clientID": "abc",
        },
        f"security.cognito.enabled: {NO_WAY_BACK}",
    ),
    (
        {"security.cognito.region": "Ireland"},
        "security.cognito.region: must be an AWS region such as us-east-1, or empty, not 'Ireland'",
    ),
    (
        {"security.cognito.userPoolID": "pool"},
        "security.cognito.userPoolID: must be a user pool id such as us-east-1_AbCdEfGhI, or empty, not 'pool'",
    ),
    (
        {"security.cognito.region": "eu-west-1", "security.cognito.userPoolID": "us-east-1_Abc"},
        "security.cognito.userPoolID: must be a pool of the region eu-west-1, not 'us-east-1_Abc'",
    ),
    (
        {"security.cognito.identityPoolID": "x"},
        "security.cognito.identityPoolID: must be an identity pool id such as us-east-1:UUID, or empty, not 'x'",
    ),
    (
        {"security.cognito.clientID": "a b"},
        "security.cognito.clientID: must be an app client id of letters and digits, or empty, not 'a b'",
    ),
    ({"security.cognito.adminGroups": []}, "security.cognito.adminGroups: must not be empty"),
    (
        {"security.cognito.readerGroups": ["a", ""]},
        "security.cognito.readerGroups: must be a list of group names, not ''",
    ),
    (
        {"security.cognito.domain": "a b"},
        f"security.cognito.domain: {DOMAIN}, not 'a b'",
    ),
    *(
        ({"security.cognito.domain": text}, f"security.cognito.domain: {DOMAIN}, not '{text}'")
        for text in (
            "team",
            "http://team.auth.us-east-1.amazoncognito.com",
            "https://team",
            "10.0.0.1",
            "https://a.b/login",
        )
    ),
    (
        {"security.cognito.scopes": ["email"]},
        "security.cognito.scopes: must hold openid, without which nobody can be known",
    ),
    (
        {"security.cognito.scopes": ["openid", "e mail"]},
        "security.cognito.scopes: must be a list of OAuth scopes, not 'e mail'",
    ),
    (
        {"security.cognito.clientSecretFile": "secret"},
        "security.cognito.clientSecretFile: must be an absolute path, or empty, not 'secret'",
    ),
    ({"cluster.postgres": "mysql://a:hush@db/x"}, f"cluster.postgres: must be {DATABASE}, or empty; {NOT_SHOWN}"),
    (
        {"security.cognito.publicURL": "dash"},
        "security.cognito.publicURL: must be a URL such as https://dash.example.org, or empty, not 'dash'",
    ),
    ({"ckpt.ckptMode": "always"}, "ckpt.ckptMode: must be one of iterative, none, not 'always'"),
    (
        {"ckpt.queues": {"align": {"ckptMode": "always"}}},
        "ckpt.queues: 'align' must be one of iterative, none, not 'always'",
    ),
    ({"ckpt.ckptImagePath": "images"}, f"ckpt.ckptImagePath: {ABSOLUTE}, not 'images'"),
    ({"ckpt.ckptImagePath": "/a/../b"}, f"ckpt.ckptImagePath: {ABSOLUTE}, not '/a/../b'"),
    ({"ckpt.ckptImagePath": ""}, f"ckpt.ckptImagePath: {ABSOLUTE}, not ''"),
    ({"ckpt.ckptFiles": ["/a", ""]}, "ckpt.ckptFiles: must be a list of paths, not ''"),
    ({"ckpt.IRMapScanPaths": ["/a", ""]}, "ckpt.IRMapScanPaths: must be a list of paths, not ''"),
    ({"node.ttl": "30s"}, "node.ttl: must be greater than node.heartbeat, which is 30s, not 30s"),
    ({"node.heartbeat": "1h"}, "node.ttl: must be greater than node.heartbeat, which is 1h0m0s, not 5m0s"),
    ({"job.diskType": "gp4"}, "job.diskType: must be one of gp2, gp3, io1, io2, st1, sc1, not 'gp4'"),
    ({"job.diskSizeGB": "big"}, "job.diskSizeGB: must be a whole number, not 'big'"),
    *(
        (
            {"job.diskType": kind, "job.diskSizeGB": size},
            f"job.diskSizeGB: must be {least} to {most} GiB for {kind}, not {size}",
        )
        for kind, least, most in (
            ("gp2", 1, 16384),
            ("gp3", 1, 65536),
            ("io1", 4, 16384),
            ("io2", 4, 65536),
            ("st1", 125, 16384),
            ("sc1", 125, 16384),
        )
        for size in (least - 1, most + 1)
    ),
    ({"job.ebsMountPath": "/"}, f"job.ebsMountPath: {ABSOLUTE}, not '/'"),
    ({"job.customTags": {f"k{n}": "v" for n in range(51)}}, "job.customTags: must be at most 50 tags, not 51"),
    (
        {"job.customTags": {"k" * 129: "v"}},
        f"job.customTags: must have tag keys of 1 to 128 characters; '{'k' * 77}...' has 129",
    ),
    (
        {"job.customTags": {"k": "v" * 257}},
        "job.customTags: must have tag values of at most 256 characters; that of 'k' has 257",
    ),
    ({"job.customTags": "owner"}, f"job.customTags: {MAP}, not 'owner'"),
    ({"job.retentionPolicy": "never"}, "job.retentionPolicy: must be one of time, not 'never'"),
    ({"log.level": "loud"}, "log.level: must be one of debug, info, warning, error, not 'loud'"),
    (
        {"dashboard.timezone": "Mars/Base"},
        "dashboard.timezone: must be an IANA time zone such as Europe/Berlin, not 'Mars/Base'",
    ),
    ({"dashboard.refresh": "10ms"}, "dashboard.refresh: must be at least 1s, not 10ms"),
    ({"pricing.region": "moon"}, "pricing.region: must be an AWS region such as us-east-1, not 'moon'"),
    ({"pricing.attribution": "half"}, "pricing.attribution: must be one of instance, share, not 'half'"),
    (
        {"pricing.assumedSpotDiscount": 1.5},
        "pricing.assumedSpotDiscount: must be none, or a share from 0 to under 1 such as 0.65, not 1.5",
    ),
    (
        {"pricing.assumedSpotDiscount": "some"},
        "pricing.assumedSpotDiscount: must be none, or a share from 0 to under 1 such as 0.65, not 'some'",
    ),
    (
        {"aws.purchaseOptions": {"align": "cheap"}},
        "aws.purchaseOptions: 'align' must be one of spot, on-demand, not 'cheap'",
    ),
    (
        {"aws.accounts": ["a b"]},
        "aws.accounts: must be a list of profile names or role ARNs, each with @region where needed, not 'a b'",
    ),
    ({"aws.syncEvery": "-5m"}, "aws.syncEvery: must be 0 or more, not -5m0s"),
    ({"aws.eventQueues": ["x"]}, "aws.eventQueues: must be a list of SQS queue URLs, not 'x'"),
    (
        {"alerts.channels": {"ops": {"url": "not an address with a s3cret"}}},
        f"alerts.channels: 'ops' {ALERT_URL}",
    ),
    ({"alerts.channels": {"ops": {}}}, "alerts.channels: 'ops' must have one of url, urlFile and urlEnv"),
    ({"alerts.digestTo": ["ops"]}, "alerts.digestTo: names the channel 'ops', which alerts.channels does not have"),
    ({"alerts.digestEvery": "daily"}, "alerts.digestEvery: must be one of weekly, monthly, not 'daily'"),
    ({"alerts.tell": ["ops"]}, "alerts.tell: names the channel 'ops', which alerts.channels does not have"),
    *(
        ({"alerts.rules": {"mine": fields}}, f"alerts.rules: 'mine' {said}")
        for fields, said in (
            ({"above": 1}, f"must name a figure, or be one of the shipped rules: {', '.join(SHIPPED)}"),
            ({"figure": "reclaims"}, "must have above or below, one of the two"),
            ({"figure": "reclaims", "above": 1, "below": 1}, "must have above or below, one of the two"),
            (
                {"figure": "running.jobs", "above": 1, "window": "1h"},
                "must have no window, because running.jobs is of now",
            ),
            (
                {"figure": "reclaims", "above": 1, "minTried": 3},
                "must have no minTried, because reclaims is no rate",
            ),
            (
                {"figure": "server.rejects", "above": 1, "by": "queue"},
                "must have no by and no selection, because server.rejects is one number for all",
            ),
            (
                {"figure": "reclaims", "above": 1, "channels": ["ops"]},
                "names the channel 'ops', which alerts.channels does not have",
            ),
            (
                {"figure": "insight.month_usd_lost", "above": 1, "by": "user"},
                "must have by queue or instance_type, because insight.month_usd_lost is told by these",
            ),
            ({"figure": "reclaims", "above": 1, "window": "soon"}, f"{DURATION}, not 'soon'"),
        )
    ),
    ({"budgets": {"all": {"usdPerMonth": 0}}}, "budgets: 'all' must be greater than 0, not 0"),
    (
        {"budgets": {"all": {"usdPerMonth": 1, "channels": ["ops"]}}},
        "budgets: 'all' names the channel 'ops', which alerts.channels does not have",
    ),
    ({"retention.journal": "long"}, "retention.journal: must be forever, or a duration such as 8760h, not 'long'"),
    ({"retention.jobs": "0s"}, "retention.jobs: must be forever, or a duration such as 8760h, not '0s'"),
    ({"node.tll": "5m"}, "node.tll: is not a known key; the nearest is node.ttl"),
    ({"ckptInterval": "5m"}, "ckptInterval: is not a known key; the nearest is ckpt.ckptInterval"),
    ({"nodes.ttl": "5m"}, "nodes.ttl: is not a known key; the nearest is node.ttl"),
]
NAMES = [f"{number}-{next(iter(changes))}" for number, (changes, _) in enumerate(INVALID)]


def as_yaml(changes: dict[str, Any], server_id: str) -> str:
    """A file that holds these values, written by hand and not by the code under test."""
    tree: dict[str, Any] = {"id": server_id}
    for key, value in changes.items():
        *sections, name = key.split(".")
        place = tree
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return "".join(f"{name}: {flow_text(value)}\n" for name, value in tree.items())


@pytest.fixture
def store(tmp_path: Path, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch) -> ConfigStore:
    """With the trials of a server, whose pools all answer."""
    monkeypatch.setattr("mmbatch_dash.services.login_trial.probe_pool", lambda pool: None)
    login = build_login_trial(FileDocuments(tmp_path))
    trials = (try_certificate, login, build_address_trial(lambda: None))
    return ConfigStore(tmp_path, environ={}, clock=clock, trials=trials)


@pytest.fixture(scope="module")
def taken() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        yield other.getsockname()[1]


@pytest.fixture
def server(store: ConfigStore) -> Flask:
    class Services:
        config = store

    server = Flask("doors")
    register_error_handlers(server)
    server.register_blueprint(build_blueprint(Services()))
    return server


@pytest.mark.parametrize(("changes", "sentence"), INVALID, ids=NAMES)
def test_an_invalid_value_is_refused_with_the_same_sentence_everywhere(
    tmp_path: Path, store: ConfigStore, server: Flask, changes: dict[str, Any], sentence: str
) -> None:
    before = store.path.read_text()
    mine = store.current().id
    sentence = f"id: is made with the server and must stay {mine}" if sentence == "id: " else sentence

    with pytest.raises(ConfigRefused) as refused:
        store.apply(changes, who="Alice", origin="page")
    assert refused.value.sentences[0] == sentence

    pairs = {key: to_text(value) for key, value in changes.items()}
    answer = server.test_client().put("/api/v1/configKV", json={"kvMap": pairs})
    assert (answer.status_code, answer.get_json()["errorCode"]) == (422, 1003)
    assert answer.get_json()["details"][0]["message"] == sentence

    told = CliRunner().invoke(cli, ["set", "--data-dir", str(tmp_path), *(f"{k}={v}" for k, v in pairs.items())])
    assert told.exit_code == 1
    assert told.stderr.splitlines()[0] == sentence
    assert store.path.read_text() == before

    if list(changes) != ["id"]:
        store.path.write_text(as_yaml(changes, mine))
        store.refresh(settled=True)
        assert store.problem is not None
        assert store.problem.sentences[0].partition(": ")[2] == unknown_section(sentence)
        assert store.problem.sentences[0].startswith("config.yaml")


def test_an_address_that_is_taken_is_refused_with_the_same_sentence_everywhere(
    tmp_path: Path, store: ConfigStore, server: Flask, taken: int
) -> None:
    sentence = f"addr: cannot be listened on: 127.0.0.1 port {taken}: Address already in use"
    test_an_invalid_value_is_refused_with_the_same_sentence_everywhere(
        tmp_path, store, server, {"addr": f"http://127.0.0.1:{taken}"}, sentence
    )


def test_the_command_line_may_name_the_address_that_the_running_server_holds(tmp_path: Path, taken: int) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"url": f"http://127.0.0.1:{taken}"}))
    told = CliRunner().invoke(cli, ["set", "--data-dir", str(tmp_path), f"addr=http://127.0.0.1:{taken}"])
    assert (told.exit_code, told.stderr) == (0, "")


def unknown_section(sentence: str) -> str:
    """In a tree an unknown section is named itself; its keys were never looked at."""
    return "nodes: is not a known key; the nearest is node" if sentence.startswith("nodes.") else sentence


def test_the_list_above_names_every_key() -> None:
    named = {key for changes, _ in INVALID for key in changes}
    free = {key.name for key in KEYS.values()} - named
    assert free == set()


@pytest.mark.parametrize("key", ["node.ttl", "log.level", "job.customTags"])
def test_the_environment_is_refused_with_the_same_sentence_and_its_variable(tmp_path: Path, key: str) -> None:
    values, sentence = next((c, s) for c, s in INVALID if list(c) == [key])
    variable = variable_of(key)
    with pytest.raises(ConfigRefused) as refused:
        ConfigStore(tmp_path, environ={variable: to_text(values[key])})
    assert refused.value.sentences[0] == f"config.yaml: {sentence} (set by {variable})"


def test_details_name_field_and_nearest_key(server: Flask) -> None:
    answer = server.test_client().put("/api/v1/configKV", data=json.dumps({"kvMap": {"node.tll": "5m"}}))
    assert answer.get_json() == {
        "statusCode": 422,
        "errorCode": 1003,
        "message": "node.tll: is not a known key; the nearest is node.ttl",
        "details": [
            {
                "field": "node.tll",
                "message": "node.tll: is not a known key; the nearest is node.ttl",
                "nearest": "node.ttl",
            }
        ],
    }
