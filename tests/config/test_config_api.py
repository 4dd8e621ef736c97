"""The configuration over HTTP: the published curl lines, polling with ETag, partial puts, error shape."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mmbatch_dash.api.config import build_blueprint
from mmbatch_dash.api.errors import register_error_handlers
from mmbatch_dash.store.config.store import ConfigStore


@pytest.fixture
def client(store: ConfigStore) -> FlaskClient:
    class Services:
        config = store

    server = Flask("config")
    register_error_handlers(server)
    server.register_blueprint(build_blueprint(Services()))
    return server.test_client()


def curl_put(client: FlaskClient, path: str, body: str, content_type: str = "application/json") -> Any:
    return client.put(path, data=body, content_type=content_type)


def test_the_published_curl_line_for_checkpoints_works(client: FlaskClient) -> None:
    body = '{"ckptMode":"iterative", "ckptInterval":"20m", "diagnosisMode":true}'
    answer = curl_put(client, "/api/v1/ckptConfig", body)
    assert answer.status_code == 200
    ckpt = client.get("/api/v1/config").get_json()["ckpt"]
    assert (ckpt["ckptMode"], ckpt["ckptInterval"], ckpt["diagnosisMode"]) == ("iterative", "20m0s", True)
    assert answer.get_json()["ckpt"] == ckpt


def test_curl_without_a_content_type_header_works_too(client: FlaskClient) -> None:
    answer = curl_put(client, "/api/v1/ckptConfig", '{"ckptMode":"none"}', "application/x-www-form-urlencoded")
    assert answer.get_json()["ckpt"]["ckptMode"] == "none"


def test_a_duration_may_be_an_integer_of_nanoseconds(client: FlaskClient) -> None:
    answer = curl_put(client, "/api/v1/ckptConfig", '{"ckptInterval": 900000000001}')
    assert answer.get_json()["ckpt"]["ckptInterval"] == "15m0.000000001s"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"ckptInterval": 0}', "ckpt.ckptInterval: must be greater than 0, not 0s"),
        ('{"ckptInterval": 9223372036854775808}', "ckpt.ckptInterval: must be a duration such as 15m, 90s or 1h30m; "),
        ('{"ckptInterval": true}', "ckpt.ckptInterval: must be a duration such as 15m, 90s or 1h30m"),
        ('{"ckptInterval": null}', "ckpt.ckptInterval: must be a duration such as 15m, 90s or 1h30m"),
        ('{"diagnosisMode": "false"}', "ckpt.diagnosisMode: must be true or false, not 'false'"),
        ('{"ckptIntervall": "1m"}', "ckpt.ckptIntervall: is not a known key; the nearest is ckpt.ckptInterval"),
        ("[]", "the body: must be a JSON object of keys and values"),
        ("[" * 100_000, "the body: is nested too deeply"),
    ],
)
def test_a_bad_checkpoint_value_is_refused(client: FlaskClient, store: ConfigStore, body: str, message: str) -> None:
    answer = curl_put(client, "/api/v1/ckptConfig", body)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (422, 1003)
    assert answer.get_json()["message"].startswith(message)
    assert store.version == 1


def test_kv_takes_strings_arrays_and_maps_and_answers_the_new_configuration(client: FlaskClient) -> None:
    pairs = {
        "node.ttl": "10m",
        "job.customTags": "owner:me,team:x",
        "ckpt.ckptFiles": "/tmp/a, /tmp/b",
        "job.ebsPerJob": "true",
        "job.diskSizeGB": "200",
        "pricing.assumedSpotDiscount": "0.65",
        "retention.jobs": "8760h",
    }
    config = client.put("/api/v1/configKV", json={"kvMap": pairs}).get_json()
    assert config["node"]["ttl"] == "10m0s"
    assert config["job"]["customTags"] == {"owner": "me", "team": "x"}
    assert config["ckpt"]["ckptFiles"] == ["/tmp/a", "/tmp/b"]
    assert (config["job"]["ebsPerJob"], config["job"]["diskSizeGB"]) == (True, 200)
    assert config["pricing"]["assumedSpotDiscount"] == 0.65
    assert config["retention"] == {"journal": "forever", "jobs": "8760h0m0s"}
    assert client.get("/api/v1/config").get_json() == config


def test_kv_empties_lists_and_maps_and_takes_back_words(client: FlaskClient) -> None:
    first = {"job.customTags": "a:b", "ckpt.ckptFiles": "/a", "pricing.assumedSpotDiscount": ".5"}
    client.put("/api/v1/configKV", json={"kvMap": first})
    second = {"job.customTags": "", "ckpt.ckptFiles": "", "pricing.assumedSpotDiscount": "none"}
    config = client.put("/api/v1/configKV", json={"kvMap": second}).get_json()
    assert (config["job"]["customTags"], config["ckpt"]["ckptFiles"]) == ({}, [])
    assert config["pricing"]["assumedSpotDiscount"] == "none"


def test_kv_is_all_or_nothing(client: FlaskClient, store: ConfigStore) -> None:
    answer = client.put("/api/v1/configKV", json={"kvMap": {"log.level": "debug", "node.heartbeat": "1h"}})
    assert answer.status_code == 422
    assert (store.version, store.current().log.level) == (1, "info")


@pytest.mark.parametrize("body", ["{}", '{"kvMap": []}', '{"kvMap": "node.ttl=5m"}'])
def test_kv_without_a_map_is_refused(client: FlaskClient, body: str) -> None:
    answer = curl_put(client, "/api/v1/configKV", body)
    assert (answer.status_code, answer.get_json()["message"]) == (
        422,
        "kvMap: must be a JSON object of keys and values",
    )


def test_a_body_that_is_not_json_is_a_bad_request_in_the_one_shape(client: FlaskClient) -> None:
    answer = curl_put(client, "/api/v1/configKV", "{nope")
    assert answer.status_code == 400
    assert set(answer.get_json()) == {"statusCode", "errorCode", "message", "details"}


def test_a_body_over_a_megabyte_is_not_read(client: FlaskClient) -> None:
    answer = curl_put(client, "/api/v1/configKV", '{"kvMap": {"log.level": "' + "x" * 1_000_001 + '"}}')
    assert answer.status_code == 413


def test_the_log_configuration_can_be_read_and_put_in_part(client: FlaskClient) -> None:
    assert client.get("/api/v1/log/config").get_json() == {"level": "info", "maxSizeMB": 10, "maxBackups": 10}
    answer = client.put("/api/v1/log/config", json={"level": "debug"})
    assert answer.get_json() == {"level": "debug", "maxSizeMB": 10, "maxBackups": 10}
    refused = client.put("/api/v1/log/config", json={"level": "error", "maxSizeMB": 0})
    assert refused.get_json()["message"] == "log.maxSizeMB: must be greater than 0, not 0"
    assert client.get("/api/v1/log/config").get_json()["level"] == "debug"


def test_cognito_is_shown_without_secrets(client: FlaskClient) -> None:
    assert client.get("/api/v1/security/cognito").get_json() == {
        "enabled": False,
        "region": "",
        "userPoolID": "",
        "clientID": "",
        "identityPoolID": "",
        "adminGroups": ["admin"],
    }


def test_no_answer_names_the_file_of_a_secret(client: FlaskClient) -> None:
    pairs = {"security.cognito.clientSecretFile": "/run/secrets/client"}
    answers = [
        client.put("/api/v1/configKV", json={"kvMap": pairs}),
        client.get("/api/v1/config"),
        client.get("/api/v1/security/cognito"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not [answer for answer in answers if b"/run/secrets" in answer.data]


def test_a_node_that_polls_gets_304_until_something_changes(client: FlaskClient) -> None:
    first = client.get("/api/v1/config")
    etag = first.headers["ETag"]
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-cache")
    for _ in range(3):
        again = client.get("/api/v1/config", headers={"If-None-Match": etag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert client.get("/api/v1/config", headers={"If-None-Match": f'"other", W/{etag}'}).status_code == 304
    client.put("/api/v1/log/config", json={"level": "debug"})
    changed = client.get("/api/v1/config", headers={"If-None-Match": etag})
    assert (changed.status_code, changed.get_json()["log"]["level"]) == (200, "debug")
    assert changed.headers["ETag"] != etag


def test_a_secret_that_changes_is_no_news_for_nodes(client: FlaskClient, store: ConfigStore) -> None:
    etag = client.get("/api/v1/config").headers["ETag"]
    store.apply({"security.cognito.clientSecretFile": "/run/secret"}, who="Alice", origin="page")
    assert client.get("/api/v1/config", headers={"If-None-Match": etag}).status_code == 304


def test_a_key_of_the_environment_is_refused_and_shown_as_it_is(tmp_path: Path) -> None:
    class Services:
        config = ConfigStore(tmp_path, environ={"MMBATCH_DASH__LOG__LEVEL": "warning"})

    server = Flask("overridden")
    register_error_handlers(server)
    server.register_blueprint(build_blueprint(Services()))
    client = server.test_client()
    assert client.get("/api/v1/log/config").get_json()["level"] == "warning"
    answer = client.put("/api/v1/log/config", json={"level": "info"})
    assert answer.get_json()["message"] == (
        "log.level: is set by the environment variable MMBATCH_DASH__LOG__LEVEL and cannot be changed here"
    )


def test_a_change_is_recorded_as_made_through_the_api(client: FlaskClient, store: ConfigStore) -> None:
    client.put("/api/v1/log/config", data=json.dumps({"level": "debug"}))
    newest = store.history()[0]
    assert (newest.origin, newest.who) == ("api", "unknown, from 127.0.0.1")
