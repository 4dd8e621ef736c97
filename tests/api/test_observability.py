"""For other people's screens: clean metrics, rules that fire, and a Grafana board whose every query answers."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.serving import make_server

from mmbatch_dash.front.standing import Tally
from mmbatch_dash.services.backup.last import note_backup
from tests.api.conftest import NOW, Server


@pytest.fixture(scope="module")
def promtool() -> str:
    return _found("promtool")


def _found(program: str) -> str:
    if path := shutil.which(program):
        return path
    pytest.skip(f"no {program} on this machine; `make prometheus` installs it where it can")


def values(server: Server) -> dict[str, dict[tuple[str, ...], float]]:
    """Family → values of its labels → value."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(server.client.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_tries_and_times_by_queue_are_those_of_the_summary(fleet: Server) -> None:
    found = values(fleet)
    for row in fleet.get("/api/v1/queues")["rows"]:
        queue = row["key"]
        for kind in ("checkpoints", "restores"):
            told = {outcome: found[f"mmbatch_dash_{kind}"][outcome, queue] for outcome in ("succeeded", "failed")}
            assert told == {outcome: row[kind][outcome] for outcome in told}
        outcomes = ("succeeded", "failed", "pending", "unprotected")
        assert [found["mmbatch_dash_protections"][one, queue] for one in outcomes] == [
            row["protections"][one] for one in outcomes
        ]
        assert found["mmbatch_dash_reclaims"][(queue,)] == sum(row["protections"][one] for one in outcomes)
        for name in ("lost_seconds", "overhead_seconds", "waiting_seconds"):
            assert found[f"mmbatch_dash_{name}"].get((queue,)) == pytest.approx(row["engineering"][name]["value"])
        hours = row["figures"]["cpu_hours"]["value"]
        assert found["mmbatch_dash_cpu_seconds"][(queue,)] == pytest.approx(hours * 3600)
    running = fleet.get("/api/v1/summary")["running"]
    assert sum(found["mmbatch_dash_running_jobs"].values()) == running["jobs"]
    assert sum(found["mmbatch_dash_stale_jobs"].values()) == running["stale_jobs"]


def test_promtool_finds_nothing_to_say_of_the_metrics(fleet: Server, promtool: str) -> None:
    fleet.services.connections.watch(1, 1000, Tally)
    said = subprocess.run(
        [promtool, "check", "metrics"], input=fleet.client.get("/metrics").data, capture_output=True, check=False
    )
    assert (said.returncode, said.stderr.decode()) == (0, "")


def test_the_rules_fire_when_they_must(project: Path, promtool: str) -> None:
    folder = project / "deploy" / "prometheus"
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]):
        said = subprocess.run([promtool, *command], cwd=folder, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture(scope="module")
def prometheus(fleet: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that scrapes the fleet every second."""
    program, folder = _found("prometheus"), tmp_path_factory.mktemp("prometheus")
    note_backup(fleet.services.settings.data_dir, NOW, 0)
    server = make_server("127.0.0.1", 0, fleet.client.application)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    fleet.services.connections.watch(server.server_port, 1000, Tally)
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    target = {"job_name": "mmbatch-dash", "static_configs": [{"targets": [f"127.0.0.1:{server.server_port}"]}]}
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [target]}
    (folder / "prometheus.json").write_text(json.dumps(config))
    command = [program, f"--config.file={folder / 'prometheus.json'}", f"--storage.tsdb.path={folder / 'data'}"]
    process = subprocess.Popen(
        [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=20)
    server.shutdown()
    server.server_close()
    thread.join()


def board(project: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((project / "deploy" / "grafana" / "mmbatch-dash.json").read_text())
    return read


def test_every_panel_of_the_board_has_data(project: Path, prometheus: str) -> None:
    queries = [(panel["title"], one["expr"]) for panel in board(project)["panels"] for one in panel["targets"]]
    assert len(queries) >= 20
    deadline = time.monotonic() + 60
    silent = dict(queries)
    while silent and time.monotonic() < deadline:
        time.sleep(1)
        silent = {title: query for title, query in queries if not _answers(prometheus, query)}
    assert silent == {}


def _answers(prometheus: str, query: str) -> list[Any]:
    try:
        answer = requests.get(f"{prometheus}/api/v1/query", params={"query": query}, timeout=10).json()
    except requests.ConnectionError:
        return []
    result: list[Any] = answer["data"]["result"] if answer["status"] == "success" else []
    return [one for one in result if one["value"][1] != "NaN"]


def test_every_panel_names_families_that_there_are(project: Path, fleet: Server) -> None:
    note_backup(fleet.services.settings.data_dir, NOW, 0)
    fleet.services.connections.watch(1, 1000, Tally)
    names = {name.removesuffix("_bucket") for name in values(fleet)}
    for panel in board(project)["panels"]:
        for target in panel["targets"]:
            used = [word for word in _words(target["expr"]) if word.startswith("mmbatch_dash_")]
            assert used
            assert [word for word in used if word.removesuffix("_bucket") not in names] == []


def _words(query: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in query).split()
