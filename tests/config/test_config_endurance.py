"""What must hold under many saves, many writers and sudden death."""

import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.config import Config, ConfigConflict, flatten, parse_config
from mmbatch_dash.store.config.edit import set_values
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.config.yaml import read_document

HAND_WRITTEN = (Path(__file__).parent / "hand_written.yaml").read_text()
COMMENTS = re.findall(r"#.*", HAND_WRITTEN)
WORDS = st.text("abcdefghijklmnopqrstuvwxyzäß0123456789 :#'\"&-", min_size=1, max_size=12).filter(str.strip)
SAVES: dict[str, st.SearchStrategy[Any]] = {
    "addr": st.integers(1, 65535).map("http://127.0.0.1:{}".format),
    "ckpt.ckptMode": st.sampled_from(["iterative", "none"]),
    "ckpt.ckptInterval": st.integers(1, 10**15).map(lambda count: f"{count}us"),
    "ckpt.ckptImagePath": WORDS.map("/{}".format),
    "ckpt.diagnosisMode": st.booleans(),
    "ckpt.tcpClose": st.booleans(),
    "ckpt.IRMapScanPaths": st.lists(WORDS, max_size=4),
    "node.ttl": st.integers(31, 10_000).map("{}s".format),
    "node.cleanLogInterval": st.integers(1, 99).map("{}h".format),
    "job.diskSizeGB": st.integers(1, 65536),
    "job.successTTL": st.integers(0, 999).map("{}h".format),
    "log.level": st.sampled_from(["debug", "info", "warning", "error"]),
    "log.maxBackups": st.integers(1, 2**31 - 1),
    "log.maxSizeMB": st.integers(1, 100),
    "dashboard.timezone": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"]),
    "pricing.assumedSpotDiscount": st.one_of(st.just("none"), st.floats(0, 0.99)),
    "retention.jobs": st.one_of(st.just("forever"), st.integers(1, 9999).map("{}h".format)),
}
ONE_SAVE = st.dictionaries(st.sampled_from(sorted(SAVES)), st.none(), min_size=1, max_size=3).flatmap(
    lambda keys: st.fixed_dictionaries({key: SAVES[key] for key in keys})
)


def keys_in_order(text: str) -> list[str]:
    return list(read_document(text).lines)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.randoms(use_true_random=False), st.data())
def test_comments_and_order_of_a_hand_written_file_survive_a_hundred_random_saves(
    chance: random.Random, data: st.DataObject
) -> None:
    text = HAND_WRITTEN
    pool = data.draw(st.lists(ONE_SAVE, min_size=20, max_size=20))
    for _ in range(100):
        text = set_values(text, chance.choice(pool))
    assert [comment for comment in COMMENTS if comment not in text] == []
    assert re.findall(r"#.*", text) == COMMENTS or "#" in json.dumps(read_document(text).tree)
    written = keys_in_order(HAND_WRITTEN)
    assert [key for key in keys_in_order(text) if key in written] == written
    parse_config(read_document(text).tree)


def test_a_hundred_saves_through_the_store_keep_comments_order_and_quotes(hand_written: ConfigStore) -> None:
    chance = random.Random(7)
    expected = flatten(hand_written.current().as_json())
    for number in range(100):
        key, value = chance.choice(
            [
                ("node.ttl", f"{chance.randint(31, 999)}s"),
                ("job.diskSizeGB", chance.randint(1, 999)),
                ("ckpt.ckptInterval", f"{chance.randint(3, 99)}m"),
                ("job.customTags", {"owner": f"group {number}", "cost centre": "R&D 42", "stage": "prod"}),
                ("ckpt.ckptFiles", ["/tmp/index.bin", "/tmp/star genome", *(f"/tmp/{n}" for n in range(number % 3))]),
                ("log.level", chance.choice(["debug", "info"])),
            ]
        )
        config = hand_written.apply({key: value}, who="Alice", origin="page")
        expected = {**expected, key: flatten(config.as_json())[key]}
        assert flatten(config.as_json()) == expected
    text = hand_written.path.read_text()
    assert re.findall(r"#.*", text) == COMMENTS
    assert keys_in_order(text)[: len(keys_in_order(HAND_WRITTEN))] == keys_in_order(HAND_WRITTEN)
    assert re.search(r"ckptInterval: '\d+m' {10}# measured in March", text)


def test_two_hundred_concurrent_saves_end_in_one_legal_state_with_a_full_history(
    tmp_path: Path, store: ConfigStore
) -> None:
    """API saves over whatever is there, pages expect the version they opened, through two stores on one directory."""
    other = ConfigStore(tmp_path, environ={})
    outcomes: list[str] = []
    lock = threading.Lock()

    def save(number: int) -> None:
        chosen = store if number % 2 else other
        seconds = 40 + number
        changes = {"node.heartbeat": f"{seconds}s", "node.ttl": f"{seconds * 10}s", "log.maxBackups": seconds}
        try:
            if number % 4 == 0:
                chosen.apply(changes, who=f"page {number}", origin="page", expected_version=chosen.version)
            else:
                chosen.apply(changes, who=f"api {number}", origin="api")
        except ConfigConflict:
            outcome = "conflict"
        else:
            outcome = "saved"
        with lock:
            outcomes.append(outcome)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(save, range(200)))

    saved = outcomes.count("saved")
    assert len(outcomes) == 200
    assert saved >= 150
    history = ConfigStore(tmp_path, environ={}).history()[::-1]
    assert [change.version for change in history] == list(range(1, saved + 2))
    assert len({change.who for change in history}) == saved + 1
    for earlier, later in pairwise(history):
        before, after = (flatten(parse_config(read_document(c.text).tree).as_json()) for c in (earlier, later))
        assert later.diff == {key: (before[key], after[key]) for key in before if before[key] != after[key]}
        assert after["node.heartbeat"] == str(
            parse_config({"node": {"heartbeat": f"{after['log.maxBackups']}s", "ttl": "99h"}}).node.heartbeat
        )
    store.refresh()
    other.refresh()
    assert store.path.read_text() == history[-1].text
    assert store.current() == other.current()
    assert (store.version, other.version) == (saved + 1, saved + 1)


SAVER = """
import sys
from pathlib import Path
from mmbatch_dash.store.config.store import ConfigStore
store = ConfigStore(Path(sys.argv[1]), environ={})
print("ready", flush=True)
for number in range(100_000):
    store.apply({"log.maxBackups": 100 + number, "log.maxSizeMB": 100 + number}, who="killed", origin="api")
    print(100 + number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_during_saves_leaves_the_old_or_the_new_file(tmp_path: Path, project: Path) -> None:
    chance = random.Random(11)
    first = ConfigStore(tmp_path, environ={}).current().id
    for _ in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=project
        )
        assert process.stdout is not None
        acknowledged = 0
        with process.stdout:
            process.stdout.readline()
            timer = threading.Timer(chance.uniform(0.02, 0.25), process.send_signal, [signal.SIGKILL])
            timer.start()
            for line in process.stdout:
                acknowledged = int(line)
        process.wait()
        timer.join()

        text = (tmp_path / "config.yaml").read_text()
        log = read_document(text).tree["log"]
        assert log["maxBackups"] == log["maxSizeMB"] or log == {"level": "info", "maxSizeMB": 10, "maxBackups": 10}
        assert acknowledged == 0 or acknowledged <= log["maxBackups"] <= acknowledged + 1
        again = ConfigStore(tmp_path, environ={})
        assert again.problem is None
        assert (again.current().id, again.path.read_text(), again.history()[0].text) == (first, text, text)
        versions = [change.version for change in again.history()]
        assert versions == list(range(len(versions), 0, -1))
        assert list(tmp_path.glob(".config*")) == []


def test_readers_never_see_half_of_a_change(store: ConfigStore) -> None:
    stop, torn = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            seen: Config = store.current()
            if seen.log.max_backups != seen.log.max_size_mb:
                torn.append((seen.log.max_backups, seen.log.max_size_mb))
            time.sleep(0.0005)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(20, 50):
        store.apply({"log.maxBackups": number, "log.maxSizeMB": number}, who="Alice", origin="page")
    stop.set()
    for reader in readers:
        reader.join()
    assert torn == []
    assert store.version == 31
