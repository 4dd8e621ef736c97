"""One owner of config.yaml: what is in force, changes, conflicts, hand edits, overrides, history."""

import stat
import time
from pathlib import Path
from uuid import UUID

import pytest

from mmbatch_dash.domain.config import Config, ConfigConflict, ConfigRefused, flatten
from mmbatch_dash.domain.durations import parse_duration
from mmbatch_dash.domain.errors import NotFound, StoreUnavailable
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.store import ConfigStore


def edit(store: ConfigStore, old: str, new: str) -> None:
    text = store.path.read_text()
    assert old in text
    store.path.write_text(text.replace(old, new))


def test_the_first_start_writes_the_commented_default_with_an_id_of_its_own(store: ConfigStore) -> None:
    text = store.path.read_text()
    assert "# Time from one checkpoint of a job to the next." in text
    assert UUID(store.current().id).version == 4
    assert flatten(store.current().as_json()) | {"id": ""} == flatten(Config().as_json()) | {"id": ""}
    assert store.version == 1


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path, store: ConfigStore) -> None:
    store.apply({"node.ttl": "6m"}, who="Alice", origin="page")
    again = ConfigStore(tmp_path, environ={})
    assert (again.current(), again.version, again.etag) == (store.current(), 2, store.etag)


def test_a_hand_written_file_without_id_gets_one_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("# ours\nlog:\n  level: debug  # noisy\n")
    store = ConfigStore(tmp_path, environ={})
    assert store.path.read_text() == f"# ours\nlog:\n  level: debug  # noisy\nid: {store.current().id}\n"


def test_a_first_start_on_an_invalid_file_says_line_key_and_nearest_key(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("node:\n  heartbeat: 30s\n  ttll: 5m\n")
    with pytest.raises(ConfigRefused) as refused:
        ConfigStore(tmp_path, environ={})
    assert str(refused.value) == "config.yaml, line 3: node.ttll: is not a known key; the nearest is node.ttl"
    assert refused.value.problems[0].nearest == "node.ttl"


def test_a_change_is_in_force_on_disk_and_in_the_history(store: ConfigStore) -> None:
    before = store.etag
    config = store.apply({"node.ttl": "6m", "ckpt.diagnosisMode": True}, who="Alice", origin="page")
    assert config.node.ttl == parse_duration("6m")
    assert "\n  ttl: 6m\n" in store.path.read_text()
    assert store.etag != before
    newest = store.history()[0]
    assert (newest.version, newest.who, newest.origin) == (2, "Alice", Origin.PAGE)
    assert newest.diff == {"ckpt.diagnosisMode": (False, True), "node.ttl": ("5m0s", "6m0s")}
    assert newest.text == store.path.read_text()


def test_a_value_that_means_the_same_changes_nothing(store: ConfigStore) -> None:
    text = store.path.read_text()
    store.apply({"node.ttl": "300s", "job.customTags": {}}, who="Alice", origin="api")
    assert (store.version, store.path.read_text()) == (1, text)


def test_all_or_nothing(store: ConfigStore) -> None:
    text = store.path.read_text()
    with pytest.raises(ConfigRefused) as refused:
        store.apply({"node.heartbeat": "10s", "node.ttl": "5s", "log.level": "loud"}, who="Alice", origin="api")
    assert refused.value.sentences == ["log.level: must be one of debug, info, warning, error, not 'loud'"]
    assert (store.version, store.path.read_text()) == (1, text)


def test_the_id_is_never_changed(store: ConfigStore) -> None:
    mine = store.current().id
    with pytest.raises(ConfigRefused, match=f"id: is made with the server and must stay {mine}"):
        store.apply({"id": "0b7e2d54-5a1c-4c39-9a56-3d6f6f6a3f10"}, who="Alice", origin="api")
    edit(store, mine, "0b7e2d54-5a1c-4c39-9a56-3d6f6f6a3f10")
    store.refresh(settled=True)
    assert store.problem is not None
    assert str(store.problem) == f"config.yaml, line 9: id: is made with the server and must stay {mine}"


def test_a_form_opened_before_somebody_elses_save_does_not_overwrite_it(store: ConfigStore) -> None:
    opened = store.version
    store.apply({"node.ttl": "6m"}, who="Alice", origin="page", expected_version=opened)
    with pytest.raises(ConfigConflict, match=r"node.ttl is '6m0s' and was to become '7m'") as conflict:
        store.apply({"node.ttl": "7m"}, who="Bob", origin="page", expected_version=opened)
    assert conflict.value.values == {"node.ttl": ("6m0s", "7m")}
    assert conflict.value.version == store.version == 2
    assert store.current().node.ttl == parse_duration("6m")


def test_a_preview_shows_the_text_before_and_after_and_saves_nothing(store: ConfigStore) -> None:
    preview = store.preview({"ckpt.ckptInterval": "1m"})
    assert preview.diff == {"ckpt.ckptInterval": ("15m0s", "1m0s")}
    assert preview.before == store.path.read_text()
    assert preview.after == preview.before.replace("ckptInterval: 15m", "ckptInterval: 1m")
    assert [warning.key for warning in preview.warnings] == ["ckpt.ckptInterval"]
    assert store.version == 1


def test_an_edit_by_hand_is_noticed_and_recorded(store: ConfigStore) -> None:
    edit(store, "level: info", "level: debug # look")
    assert store.refresh(settled=True)
    assert store.current().log.level == "debug"
    assert (store.history()[0].origin, store.history()[0].diff) == (Origin.FILE, {"log.level": ("info", "debug")})
    assert not store.refresh(settled=True)


def test_an_edit_that_may_still_go_on_is_left_to_settle(store: ConfigStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic() + 60
    monkeypatch.setattr("time.monotonic", lambda: now)
    edit(store, "level: info", "level: debug")
    assert not store.refresh()
    now += 0.2
    assert not store.refresh()
    now += 0.2
    assert store.refresh()


def test_readers_notice_an_edit_by_themselves(store: ConfigStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic() + 60
    monkeypatch.setattr("time.monotonic", lambda: now)
    edit(store, "level: info", "level: debug")
    seen = []
    for _ in range(3):
        seen.append(store.current().log.level.value)
        now += 1.1
    assert seen == ["info", "debug", "debug"] or seen == ["info", "info", "debug"]


def test_a_broken_edit_is_refused_with_a_reason_and_the_last_good_stays(store: ConfigStore) -> None:
    edit(store, "ttl: 5m", "ttl: 10s")
    assert not store.refresh(settled=True)
    assert store.current().node.ttl == parse_duration("5m")
    assert store.problem is not None
    place = store.path.read_text().splitlines().index("  ttl: 10s") + 1
    assert store.problem.sentences == [
        f"config.yaml, line {place}: node.ttl: must be greater than node.heartbeat, which is 30s, not 10s"
    ]
    with pytest.raises(ConfigRefused, match="node.ttl: must be greater"):
        store.apply({"log.level": "debug"}, who="Alice", origin="page")
    edit(store, "ttl: 10s", "ttl: 5m")
    store.refresh(settled=True)
    assert store.problem is None
    assert store.version == 1


def test_a_start_on_a_broken_edit_keeps_the_last_good_in_force(tmp_path: Path, store: ConfigStore) -> None:
    store.path.write_text("log: [\n")
    again = ConfigStore(tmp_path, environ={})
    assert again.current() == store.current()
    assert again.problem is not None
    assert str(again.problem).startswith("config.yaml, line 2: is not YAML")


def test_a_deleted_file_is_said_and_written_again(tmp_path: Path, store: ConfigStore) -> None:
    store.path.unlink()
    store.refresh(settled=True)
    assert store.problem is not None
    assert "is missing" in str(store.problem)
    store.apply({"log.level": "debug"}, who="Alice", origin="api")
    assert "level: debug" in store.path.read_text()
    assert store.problem is None
    store.path.unlink()
    assert ConfigStore(tmp_path, environ={}).current() == store.current()


def test_restore_brings_back_text_and_values_as_a_new_version(store: ConfigStore) -> None:
    first = store.path.read_text()
    store.apply({"log.level": "debug"}, who="Alice", origin="page")
    store.restore(1, who="Bob", origin="cli")
    assert store.path.read_text() == first
    newest = store.history()[0]
    assert (newest.version, newest.restored, newest.who) == (3, 1, "Bob")
    with pytest.raises(NotFound, match="no version 9; the newest is 3"):
        store.restore(9, who="Bob", origin="cli")


def test_restore_mends_a_broken_file(store: ConfigStore) -> None:
    store.path.write_text("nonsense")
    store.refresh(settled=True)
    store.restore(1, who="Bob", origin="page")
    assert store.problem is None
    assert store.path.read_text() == store.history()[0].text


def test_two_stores_on_one_directory_see_each_others_changes(tmp_path: Path, store: ConfigStore) -> None:
    other = ConfigStore(tmp_path, environ={})
    other.apply({"log.level": "debug"}, who="Bob", origin="cli")
    store.apply({"node.ttl": "6m"}, who="Alice", origin="page")
    assert store.current().log.level == "debug"
    assert [change.who for change in store.history()] == ["Alice", "Bob", "first start"]
    assert other.refresh()
    assert other.current() == store.current()


def test_the_environment_overrides_and_such_a_key_cannot_be_changed(tmp_path: Path, store: ConfigStore) -> None:
    environ = {"MMBATCH_DASH__NODE__TTL": "9m", "MMBATCH_DASH__JOB__CUSTOMTAGS": "owner:me,team:x", "PATH": "/bin"}
    store = ConfigStore(tmp_path, environ=environ)
    assert str(store.current().node.ttl) == "9m0s"
    assert store.current().job.custom_tags == {"owner": "me", "team": "x"}
    assert store.overrides["node.ttl"].variable == "MMBATCH_DASH__NODE__TTL"
    with pytest.raises(ConfigRefused, match="node.ttl: is set by the environment variable MMBATCH_DASH__NODE__TTL"):
        store.apply({"node.ttl": "5m"}, who="Alice", origin="page")
    store.apply({"node.heartbeat": "20s"}, who="Alice", origin="page")
    assert "  ttl: 5m\n" in store.path.read_text()
    assert (str(store.current().node.ttl), str(store.current().node.heartbeat)) == ("9m0s", "20s")


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        (
            "MMBATCH_DASH__NODE__TLL",
            "5m",
            "MMBATCH_DASH__NODE__TLL sets no known key; the nearest is MMBATCH_DASH__NODE__TTL",
        ),
        (
            "MMBATCH_DASH__NODE__TTL",
            "1s",
            "config.yaml: node.ttl: must be greater than node.heartbeat, which is 30s, not 1s (set by {variable})",
        ),
        ("MMBATCH_DASH__ID", "x", "id: is made with the server and cannot be set by MMBATCH_DASH__ID; unset it"),
    ],
)
def test_a_wrong_override_stops_the_start(tmp_path: Path, variable: str, text: str, sentence: str) -> None:
    with pytest.raises(ConfigRefused) as refused:
        ConfigStore(tmp_path, environ={variable: text})
    assert str(refused.value) == sentence.format(variable=variable)


def test_a_folder_that_cannot_be_written_changes_nothing(store: ConfigStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    text = store.path.read_text()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(StoreUnavailable, match="No space left on device. Nothing was changed"):
            store.apply({"log.level": "debug"}, who="Alice", origin="page")
    assert (store.path.read_text(), store.current().log.level, store.version) == (text, "info", 1)
    assert [path.name for path in store.path.parent.glob(".config*")] == []
    store.apply({"log.level": "debug"}, who="Alice", origin="page")
    assert store.version == 2


def test_a_history_that_cannot_be_written_puts_the_file_back(
    store: ConfigStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    text = store.path.read_text()
    with monkeypatch.context() as patch:
        patch.setattr("mmbatch_dash.store.config.history.ConfigHistory.append", fail)
        with pytest.raises(StoreUnavailable, match="history"):
            store.apply({"log.level": "debug"}, who="Alice", origin="page")
    assert (store.path.read_text(), store.current().log.level, store.version) == (text, "info", 1)
    store.apply({"log.level": "error"}, who="Alice", origin="page")
    assert (store.version, store.history()[0].diff) == (2, {"log.level": ("info", "error")})


def test_a_line_of_history_that_a_crash_cut_is_dropped(tmp_path: Path, store: ConfigStore) -> None:
    history = tmp_path / "config.history.ndjson"
    with history.open("a") as file:
        file.write('{"version": 2, "at": "2026-')
    again = ConfigStore(tmp_path, environ={})
    again.apply({"log.level": "debug"}, who="Alice", origin="page")
    assert [change.version for change in again.history()] == [2, 1]


def test_the_mode_of_the_file_stays(store: ConfigStore) -> None:
    store.path.chmod(0o600)
    store.apply({"log.level": "debug"}, who="Alice", origin="page")
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_secrets_are_left_out_of_what_is_public(store: ConfigStore) -> None:
    store.apply({"security.cognito.clientSecretFile": "/run/secret"}, who="Alice", origin="page")
    assert "clientSecretFile" not in store.public()["security"]["cognito"]
    assert store.public()["security"]["cognito"]["adminGroups"] == ["admin"]
