"""Log files of a node or a job: listed, their last lines, and those that hold a word."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest

from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from tests.pages.conftest import dump, text_of

Show = Callable[..., dict[str, Any]]
TARGETS = ("logs-title.children", "logs-files.children", "logs-shown.children")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(build_settings(tmp_path), start_folding=False)
    opened.node_files.put("i-1", "var/log/pagent.log", b"one\ntwo FAILED\nthree\n")
    opened.node_files.put("i-2", "jobs/a:1/restore.log", b"restored\n")
    yield opened
    opened.close()


@pytest.fixture
def show(services: Services) -> Show:
    """What the callback answers to an address and a word."""
    client = create_app(services).test_client()

    def ask(search: str, word: str = "") -> dict[str, Any]:
        body = {
            "output": f"..{'...'.join(TARGETS)}..",
            "outputs": [dict(zip(("id", "property"), target.split("."), strict=True)) for target in TARGETS],
            "inputs": [
                {"id": "shell-location", "property": "search", "value": search},
                {"id": "logs-search", "property": "value", "value": word},
                {"id": "shell-token", "property": "data", "value": ""},
            ],
            "changedPropIds": ["shell-location.search"],
        }
        token = next(
            (part["id"] for spec in client.get("/_dash-dependencies").get_json() if spec["output"] == body["output"]
             for part in spec["inputs"] if part["property"] == "data"), "shell-token",
        )  # fmt: skip
        body["inputs"][2]["id"] = token
        answer: flask.Response = client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        response: dict[str, Any] = answer.get_json()["response"]
        return response

    return ask


def test_the_files_of_a_node_lead_to_their_lines_and_to_the_whole(show: Show) -> None:
    told = show("?node=i-1")
    assert text_of(told["logs-title"]["children"]) == "Logs of node i-1"
    files = dump(told["logs-files"]["children"])
    assert "/logs?node=i-1&on=i-1&path=var%2Flog%2Fpagent.log" in files
    assert '"/nodes/i-1/var/log/pagent.log"' in files


def test_the_last_lines_are_shown_and_those_with_the_word(show: Show) -> None:
    told = show("?node=i-1&path=var/log/pagent.log")
    assert "The last 3 lines of var/log/pagent.log" in text_of(told["logs-shown"]["children"])
    told = show("?node=i-1&path=var/log/pagent.log", "failed")
    assert text_of(told["logs-shown"]["children"]).endswith("two FAILED\n")
    told = show("?node=i-1&path=no/such.log")
    assert "no file 'no/such.log'" in text_of(told["logs-shown"]["children"])


def test_a_jobs_files_come_from_whichever_node_and_none_say_how_to_hand_them_in(show: Show) -> None:
    told = show("?job=a%3A1&on=i-2&path=jobs/a:1/restore.log")
    assert "jobs/a:1/restore.log" in text_of(told["logs-files"]["children"])
    assert "restored" in text_of(told["logs-shown"]["children"])
    told = show("?job=nothing")
    assert "mmbatch-report agent --logs GLOB" in text_of(told["logs-files"]["children"])
