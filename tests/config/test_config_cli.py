"""`config get|set|diff|history|restore|validate|default` on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mmbatch_dash.commands.config import app
from mmbatch_dash.domain.config import KEYS, ConfigRefused
from mmbatch_dash.domain.config.keys import flatten
from mmbatch_dash.store.config.overrides import variable_of
from mmbatch_dash.store.config.store import ConfigStore


@pytest.fixture(autouse=True)
def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "alice")


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [words[0], "--data-dir", str(folder), *words[1:]])


def test_a_value_is_set_and_read(tmp_path: Path) -> None:
    done = run(tmp_path, "set", "node.ttl=6m", "job.customTags=owner:me,team:x")
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        ["Version 2 is in force.", "  node.ttl: 5m0s -> 6m0s", "  job.customTags: (empty) -> owner:me,team:x"],
    )
    assert run(tmp_path, "get", "node.ttl").stdout == "6m0s\n"
    assert run(tmp_path, "get", "job.customTags").stdout == "owner:me,team:x\n"
    assert json.loads(run(tmp_path, "get", "job.customTags", "--json").stdout) == {
        "job.customTags": {"owner": "me", "team": "x"}
    }


LISTS_AND_MAPS = [
    ('security.cognito.adminGroups=["admin","ops"]', ["admin", "ops"]),
    ("security.cognito.adminGroups=admin, ops", ["admin", "ops"]),
    ("ckpt.IRMapScanPaths=[]", []),
    ('ckpt.ckptFiles=["/data/a,b"]', ["/data/a,b"]),
    ('job.customTags={"Team": "genomics", "cost:centre": "a,b"}', {"Team": "genomics", "cost:centre": "a,b"}),
    ("job.customTags=Team:genomics,unit:x:y", {"Team": "genomics", "unit": "x:y"}),
]
NEITHER = [
    ("security.cognito.adminGroups", "[admin,ops]"),
    ("security.cognito.adminGroups", '"admin","ops"'),
    ("security.cognito.adminGroups", '["admin","ops"'),
    ("security.cognito.adminGroups", '{"admin": "ops"}'),
    ("job.customTags", "{Team:genomics}"),
    ("job.customTags", '"Team":"genomics"'),
    ("job.customTags", '["Team"]'),
]


@pytest.mark.parametrize(("text", "value"), LISTS_AND_MAPS)
def test_lists_and_maps_are_plain_or_json_on_every_door(tmp_path: Path, text: str, value: object) -> None:
    assert run(tmp_path / "cli", "set", text).exit_code == 0
    key, _, said = text.partition("=")
    assert json.loads(run(tmp_path / "cli", "get", key, "--json").stdout) == {key: value}
    # What is printed is read again.
    printed = run(tmp_path / "cli", "get", key).stdout.rstrip("\n")
    assert run(tmp_path / "again", "set", f"{key}={printed}").exit_code == 0
    assert json.loads(run(tmp_path / "again", "get", key, "--json").stdout) == {key: value}
    (tmp_path / "environment").mkdir()
    store = ConfigStore(tmp_path / "environment", environ={variable_of(key): said})
    assert flatten(store.public())[key] == value


@pytest.mark.parametrize(("key", "said"), NEITHER)
def test_what_is_neither_plain_nor_json_is_refused_and_named(tmp_path: Path, key: str, said: str) -> None:
    refused = run(tmp_path, "set", f"{key}={said}")
    assert refused.exit_code == 1
    assert f"{key}: must be a " in refused.stderr
    with pytest.raises(ConfigRefused, match=key):
        ConfigStore(tmp_path, environ={variable_of(key): said})


def test_a_section_and_everything_can_be_read(tmp_path: Path) -> None:
    assert run(tmp_path, "get", "log").stdout == "log.level=info\nlog.maxSizeMB=10\nlog.maxBackups=10\n"
    assert "addr=http://127.0.0.1:8080\n" in run(tmp_path, "get").stdout


def test_an_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    done = run(tmp_path, "get", "node.tll")
    assert (done.exit_code, done.stderr) == (1, "node.tll: is not a known key; the nearest is node.ttl\n")


def test_what_is_no_pair_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "set", "node.ttl")
    assert (done.exit_code, done.stderr) == (1, "node.ttl: must be KEY=VALUE, such as node.ttl=5m\n")


def test_the_same_value_again_is_said_to_change_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "set", "node.ttl=300s").stdout == "Nothing differs; nothing was changed.\n"


def test_a_warning_does_not_stop_a_change(tmp_path: Path) -> None:
    done = run(tmp_path, "set", "ckpt.ckptInterval=1m")
    assert done.exit_code == 0
    assert done.stderr.startswith("Warning: ckpt.ckptInterval: is 1m0s; EC2 gives 2m0s before a reclaim")


def test_history_diff_and_restore_tell_who_and_what(tmp_path: Path) -> None:
    run(tmp_path, "set", "log.level=debug")
    run(tmp_path, "set", "log.level=error", "node.ttl=6m")
    assert run(tmp_path, "diff").stdout == "node.ttl: 5m0s -> 6m0s\nlog.level: info -> error\n"
    assert run(tmp_path, "diff", "2").stdout == "node.ttl: 5m0s -> 6m0s\nlog.level: debug -> error\n"
    assert json.loads(run(tmp_path, "diff", "1", "2", "--json").stdout) == {"log.level": ["info", "debug"]}
    assert run(tmp_path, "restore", "2").stdout.startswith("Version 4 is in force.\n")
    assert run(tmp_path, "get", "log.level").stdout == "debug\n"
    lines = run(tmp_path, "history").stdout.splitlines()
    assert lines[0].startswith("4  ")
    assert lines[0].endswith("  alice (cli, version 2 again)")
    assert [line for line in lines if line.startswith(" ")][-1] == "    log.level: info -> debug"
    records = [json.loads(line) for line in run(tmp_path, "history", "--json").stdout.splitlines()]
    assert [record["version"] for record in records] == [4, 3, 2, 1]
    missing = run(tmp_path, "restore", "9")
    assert (missing.exit_code, missing.stderr) == (1, "There is no version 9; the newest is 4.\n")


def test_a_file_is_validated_without_being_applied(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("node: {heartbeat: 30s, ttl: 45s}\n")
    bad.write_text("log:\n  level: info\n  # why\n  maxSize: 3\n")
    done = run(tmp_path, "validate", str(good))
    assert (done.exit_code, done.stdout) == (0, f"{good} is valid.\n")
    assert done.stderr.startswith("Warning: good.yaml: node.ttl: is 45s, under two heartbeats of 30s")
    refused = run(tmp_path, "validate", str(bad))
    told = "bad.yaml, line 4: log.maxSize: is not a known key; the nearest is log.maxSizeMB\n"
    assert (refused.exit_code, refused.stderr) == (1, told)
    assert not (tmp_path / "config.yaml").exists()
    assert run(tmp_path, "validate").stderr == "config.yaml: cannot be read: No such file or directory\n"


def test_a_file_of_another_server_is_told_apart(tmp_path: Path, store: ConfigStore) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("id: 0b7e2d54-5a1c-4c39-9a56-3d6f6f6a3f10\n")
    refused = run(tmp_path, "validate", str(other))
    mine = store.current().id
    assert refused.stderr == f"other.yaml, line 1: id: is made with the server and must stay {mine}\n"


def test_a_broken_file_is_told_and_can_be_restored(tmp_path: Path, store: ConfigStore) -> None:
    store.path.write_text("log: {level: loud}\n")
    done = run(tmp_path, "get", "log.level")
    assert done.stdout == "info\n"
    assert "The last good configuration stays in force." in done.stderr
    assert run(tmp_path, "restore", "1").exit_code == 0
    assert run(tmp_path, "get", "log.level").stderr == ""


def test_the_shipped_default_is_printed(project: Path) -> None:
    shipped = (project / "data" / "config.default.yaml").read_text()
    assert CliRunner().invoke(app, ["default"]).stdout == shipped


def test_every_key_is_printed_as_a_table() -> None:
    lines = CliRunner().invoke(app, ["default", "--table"]).stdout.splitlines()
    assert len(lines) == 2 + len(KEYS)
    assert lines[2].startswith("| `addr` | `http://127.0.0.1:8080` | http:// or https://, a host and a port | Where")
    assert {line.count(" | ") for line in lines[2:]} == {3}
