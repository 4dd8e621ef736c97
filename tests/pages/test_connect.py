"""Connect: recipes that work as they stand, and the doors that events came through."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.pages.connect.recipes import write_recipes
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.arrivals import WINDOW, Door
from mmbatch_dash.settings import build_settings

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
