"""Connect: recipes that work as they stand, and the doors that events came through."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.auth.access.routes import audience_of_callback
from mmbatch_dash.domain.identity import Audience, Right
from mmbatch_dash.pages.connect.recipes import write_recipes
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.arrivals import WINDOW, Door
from mmbatch_dash.services.reporter_token import make_reporter_token
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.auth.audit import AuditLog
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.documents.files import FileDocuments
from tests.pages.conftest import Browser, text_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(build_settings(tmp_path), clock=lambda: NOW, start_folding=False)
    yield opened
    opened.close()


def said(source: str, number: int) -> dict[str, object]:
    data = {"job_id": f"job-{number}"}
    head = {"specversion": "1.0", "id": str(number), "source": source, "type": "mmbatch.job.submitted"}
    return {**head, "time": NOW.isoformat(), "data": data}


def test_each_door_says_what_came_through_it_and_who_told_it(services: Services) -> None:
    services.intake.take([read_event(said("reporter/i-1", 1)), read_event(said("reporter/i-1", 2))], "token:worker")
    services.intake.take([read_event(said("my/agent", 3))], "address:10.0.0.7")
    told = {arrival.door: arrival for arrival in services.intake.arrivals.report(NOW)}
    assert (told[Door.REPORTER].events, told[Door.REPORTER].last_by) == (2, "token:worker")
    assert (told[Door.EVENTS].events, told[Door.EVENTS].last_at) == (1, NOW)
    assert told[Door.SYNC].last_at is None
    later = {arrival.door: arrival for arrival in services.intake.arrivals.report(NOW + WINDOW + timedelta(minutes=1))}
    assert (later[Door.REPORTER].events, later[Door.REPORTER].last_at) == (0, NOW)


def test_every_recipe_holds_the_address_the_reader_came_by() -> None:
    recipes = write_recipes("https://mm.example/batch/", digest="d" * 64)
    assert [recipe.anchor for recipe in recipes if "https://mm.example/batch" not in recipe.command] == []
    assert [recipe.anchor for recipe in recipes if "batch//" in recipe.command] == []


def test_the_job_definition_is_json_as_aws_takes_it() -> None:
    [recipe] = [one for one in write_recipes("http://h:1", digest="") if one.anchor == "job-definition"]
    told = json.loads("{" + recipe.command + "}")
    assert told["command"][0] == "mmbatch-report"
    assert {entry["name"] for entry in told["environment"]} == {"MMBATCH_REPORT_SERVER", "MMBATCH_REPORT_TOKEN_FILE"}


def test_a_fresh_token_stands_wherever_it_belongs_and_never_in_an_image() -> None:
    recipes = {recipe.anchor: recipe.command for recipe in write_recipes("http://h:1", digest="", token="mmb_1_x")}
    assert {anchor for anchor, command in recipes.items() if "mmb_1_x" in command} == {
        "try", "job-definition", "launch-template", "eventbridge"
    }  # fmt: skip
    told = json.loads("{" + recipes["job-definition"] + "}")
    assert {entry["name"]: entry["value"] for entry in told["environment"]} == {
        "MMBATCH_REPORT_SERVER": "http://h:1",
        "MMBATCH_REPORT_TOKEN": "mmb_1_x",
    }
    for command in (recipes["launch-template"], recipes["eventbridge"]):
        assert subprocess.run(["sh", "-n"], input=command.encode(), check=False).returncode == 0


def test_the_token_of_the_page_may_send_and_read_the_configuration_and_is_audited(tmp_path: Path) -> None:
    text, told = make_reporter_token(FileDocuments(tmp_path), NOW, who="local:ana", address="10.0.0.7")
    kept = Tokens(FileDocuments(tmp_path)).check(text)
    assert kept is not None
    assert (kept.name, kept.rights) == ("connect-20260301-120000", {Right.INGEST, Right.NODE})
    [entry] = AuditLog(FileDocuments(tmp_path)).newest(5)
    assert (entry.action, entry.who, entry.detail) == ("token", "local:ana", f"created {told.name} (ingest, node)")
    assert text not in entry.detail


def test_only_admins_make_one_and_the_lines_then_hold_it(browse: Callable[..., Browser], tmp_path: Path) -> None:
    browser = browse(settings=build_settings(tmp_path))
    fresh = browser.call("connect-fresh", "data", **{"connect-make.n_clicks": 1})["connect-fresh"]["data"]
    shown = browser.call("connect-recipes", "children", **{"connect-fresh.data": fresh})
    assert fresh["token"] in text_of(shown["connect-recipes"]["children"])
    assert fresh["name"] in text_of(shown["connect-told"]["children"])
    spec = browser.spec("connect-fresh", "data")
    assert audience_of_callback(browser.app.callback_map, spec["output"]) is Audience.ADMIN
