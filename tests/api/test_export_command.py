"""`python -m mmbatch_dash export`: the same files as the API, without a server."""

import csv
from pathlib import Path

import pytest

from mmbatch_dash.commands.export import run_export
from mmbatch_dash.commands.filter_options import parse_filters
from mmbatch_dash.domain.errors import InvalidFilter, InvalidInput
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import Settings, build_settings
from tests.api.conftest import worked_example


@pytest.fixture
def closed(tmp_path: Path) -> Settings:
    """Settings of a store that holds the worked example and is held by nobody."""
    from mmbatch_dash.adapters.cloudevents import read_event

    settings = build_settings(tmp_path / "data")
    services = open_services(settings, start_folding=False)
    services.intake.take([read_event(said) for said in worked_example(queue="align")])
    services.close()
    return settings


def test_a_csv_of_jobs_holds_what_was_taken_in_even_if_nothing_folded_it_yet(closed: Settings, tmp_path: Path) -> None:
    target = tmp_path / "jobs.csv"
    run_export(closed, "jobs", format_name="csv", output=target, filters=["queue=align"], sort="-cost_usd")
    with target.open(newline="") as file:
        [row] = csv.DictReader(file)
    assert row["job_id"] == "job-1"
    assert float(row["cost_usd"]) == pytest.approx(1.0667, abs=1e-4)


def test_what_cannot_be_exported_is_named(closed: Settings, tmp_path: Path) -> None:
    for what, form, name in (("queues", "csv", "what"), ("jobs", "xlsx", "--format")):
        with pytest.raises(InvalidInput, match=name):
            run_export(closed, what, format_name=form, output=tmp_path / "x", filters=[], sort=None)
    with pytest.raises(InvalidFilter, match="'colour' is not one of from, to"):
        parse_filters(["colour=red"])
