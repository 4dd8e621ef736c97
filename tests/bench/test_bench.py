"""The bench runs with tiny sizes: every row comes out. What the figures are is never asserted."""

import json
import os
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.plan import GROUPS, make_plan, read_arguments, read_sizes
from bench.table import Row, format_table, short
from tests.effort import THOROUGH

TINY = ["--quick", "--jobs", "300", "600", "--base-jobs", "100", "--singles", "64", "--batched", "2000"]
TINY += ["--imported", "500", "--repeats", "1", "--sustained-seconds", "1", "--fleet-seconds", "2"]
TINY += ["--most-rate", "1000"]

ROWS = {
    "ingest": ("1 event a POST", "1,000 events a POST", "events/s with 600 jobs / with 300"),
    "fold": ("fold under that load",),
    "sustained": ("sustained rate",),
    "fleet": ("a fleet of 4,000 nodes", "  its lag", "  a day"),
    "batches": ("fold of a batch of 1", "fold of a batch of 1k", "fold of a batch of 2k"),
    "disk": ("journal per 1M jobs", "tables per 1M jobs"),
    "dashboard": ("whole dashboard", "whole dashboard, Engineering Mode of one queue", "the same, nothing changed"),
    "jobs": ("job list, first page", "job list, sorted by cost", "job list, one queue"),
    "csv": ("CSV over HTTP",),
    "browser": ("page load to filled dashboard", "click on a filter"),
    "start": ("server start to first answer",),
    "memory": ("server memory after all of it",),
    "import": ("import of a 500-event file",),
    "help": ("--help",),
}

LONG = ("sustained", "fleet", "browser")
"""Groups that take a minute even so; `make thorough` runs them."""


def test_every_group_of_rows_is_looked_for_here() -> None:
    assert set(ROWS) == set(GROUPS)


@pytest.mark.slow
def test_every_row_runs_with_tiny_sizes_and_nothing_is_left_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    groups = [group for group in GROUPS if THOROUGH or group not in LONG]
    main([*TINY, "--rows", ",".join(groups)])
    lines = capsys.readouterr().out.splitlines()
    for group in groups:
        for start in ROWS[group]:
            found = [line for line in lines if line.startswith(start)]
            assert found, f"no row {start!r} of {group}"
            assert all(re.search(r"\b(yes|no)\s*$|not yet:", line) for line in found), found
    assert list(tmp_path.iterdir()) == []


def test_rows_can_be_chosen_and_only_they_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--rows", "help", "--repeats", "1"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]] == ["--help"]


def test_an_unknown_row_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rows", "ingest,nonsense"])
    assert "no such rows: nonsense" in capsys.readouterr().err


def test_the_table_is_aligned_and_says_what_was_not_measured() -> None:
    rows = [Row("a", "1 ms", "2 ms", 0.5, "<= 1", True), Row("longer", "not yet: b", "–", None, "<= 1", None)]
    assert format_table(rows).splitlines() == [
        "what    ours        limit here  ratio  to reach  reached",
        "------  ----------  ----------  -----  --------  -------",
        "a       1 ms        2 ms        0.50   <= 1      yes    ",
        "longer  not yet: b  –           –      <= 1      –      ",
    ]


def test_results_say_what_they_were_measured_on(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "trial.json"
    main(["--rows", "help", "--repeats", "1", "--json", str(file)])
    told = json.loads(file.read_text(encoding="utf-8"))
    assert [row["what"] for row in told["rows"]] == ["--help"]
    assert told["cores"] == os.cpu_count()
    assert len(told["load_average"]) == 3
    assert told["packages"]["duckdb"] == version("duckdb")
    assert str(tmp_path) not in file.read_text(encoding="utf-8")


def test_sizes_are_given_as_people_say_them() -> None:
    assert read_sizes("100k, 1M,2.5k,300") == [100_000, 1_000_000, 2_500, 300]
    assert make_plan(read_arguments(["--sizes", "1M,100k"]), Path()).jobs == (100_000, 1_000_000)
    with pytest.raises(SystemExit):
        read_arguments(["--sizes", "many"])


def test_sizes_read_as_people_say_them() -> None:
    assert [short(number) for number in (100, 2_500, 100_000, 1_000_000, 10_000_000)] == [
        "100",
        "2,500",
        "100k",
        "1M",
        "10M",
    ]
