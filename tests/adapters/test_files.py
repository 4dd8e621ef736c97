"""Files: which format each one is, and that every real one reads through the same door."""

import gzip
import json
import re
from collections import Counter
from datetime import UTC
from pathlib import Path

import pytest

from mmbatch_dash.adapters.files import Format, guess_format, read_file
from mmbatch_dash.adapters.opening import open_text
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "s",
    "type": "mmbatch.job.submitted",
    "time": "2026-03-01T00:00:00Z",
    "data": {"job_id": "a"},
}
ROW = "504810f5-57e4-4c8e-a582-b433a7d7ed14\tCOMPLETED\t2021-04-27 10:54:05.425\n"
TRACE = "native_id\tstatus\tsubmit\n" + ROW
FORMATS = {
    "nextflow": Format.NEXTFLOW,
    "batch_api": Format.BATCH,
    "eventbridge": Format.EVENTS,
    "spot_prices": Format.SPOT_PRICES,
    "cases": Format.EVENTS,
}


NOT_READ = re.compile(r"expected|eventbridge/.*[.]csv")
"""Expectations, and a table of reasons beside the events."""


def written(folder: Path, text: str, name: str = "file") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def kinds(path: Path, file_format: str) -> Counter[str]:
    return Counter(type(result).__name__ for result in read_file(path, file_format, zone=UTC))


@pytest.mark.parametrize("folder", sorted(FORMATS))
def test_the_format_of_every_real_file_is_guessed(shared_data: Path, folder: str) -> None:
    files = [path for path in sorted((shared_data / folder).iterdir()) if not NOT_READ.search(path.as_posix())]
    assert {path.name: guess_format(path) for path in files} == {path.name: FORMATS[folder] for path in files}


def test_a_price_list_is_told_from_other_tables(shared_data: Path) -> None:
    prices = shared_data / "prices"
    assert guess_format(prices / "karpenter_ondemand_linux_2026-07.csv") == Format.PRICES
    with pytest.raises(InvalidInput, match="no format that is known"):
        guess_format(prices / "ec2_instance_specs_moto.csv")


@pytest.mark.parametrize("text", ["", "hello\n", '{"a": 1}', "a\tb\n"])
def test_a_file_in_no_known_format_is_refused_with_the_formats_that_are(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="name one of events, batch, nextflow"):
        guess_format(written(tmp_path, text))


def test_all_real_files_are_read_and_what_is_kept_aside_is_counted(shared_data: Path) -> None:
    # Sums of the counts in the tests of each format; eventbridge: 3 with a placeholder time, 2 warnings without any.
    totals = {}
    for folder in ("nextflow", "batch_api", "eventbridge", "spot_prices"):
        files = [path for path in sorted((shared_data / folder).iterdir()) if not NOT_READ.search(path.as_posix())]
        totals[folder] = sum((kinds(path, guess_format(path)) for path in files), Counter())
    assert totals == {
        "nextflow": {"Entry": 1846},
        "batch_api": {"Entry": 59, "Rejection": 3},
        "eventbridge": {"Entry": 23, "Rejection": 5},
        "spot_prices": {"Entry": 250},
    }


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (json.dumps(EVENT), 1),
        (json.dumps(EVENT, indent=1), 1),
        (json.dumps([EVENT, EVENT], indent=1), 2),
        (json.dumps(EVENT) + "\n\n" + json.dumps(EVENT) + "\n", 2),
        (json.dumps(EVENT, indent=1) + "\n" + json.dumps(EVENT, indent=1), 2),
    ],
)
def test_events_come_as_one_a_list_lines_or_documents_after_each_other(tmp_path: Path, text: str, count: int) -> None:
    path = written(tmp_path, text)
    assert guess_format(path) == Format.EVENTS
    assert kinds(path, "events") == {"Entry": count}


def test_a_broken_first_line_of_events_does_not_cost_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, '{"specversion": \n' + json.dumps(EVENT) + "\n" + json.dumps(EVENT) + "\n")
    first, *others = read_file(path, "events")
    assert isinstance(first, Rejection)
    assert (first.index, first.file, first.door) == (1, "file", "events")
    assert len(others) == 2


def test_gzip_is_recognised_by_content_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    path.write_bytes(gzip.compress(TRACE.encode()))
    assert guess_format(path) == Format.NEXTFLOW
    assert kinds(path, "nextflow") == {"Entry": 1}


def test_a_gzip_file_that_breaks_off_gives_its_good_lines_and_says_so(tmp_path: Path) -> None:
    lines = [f"{number:08x}{ROW[8:]}" for number in range(60000)]
    path = tmp_path / "trace.txt.gz"
    path.write_bytes(gzip.compress(("native_id\tstatus\tsubmit\n" + "".join(lines)).encode())[:-2000])
    results = list(read_file(path, "nextflow"))
    assert sum(isinstance(result, Entry) for result in results) > 10000
    last = results[-1]
    assert isinstance(last, Rejection)
    assert "breaks off" in last.error
    assert last.file == "trace.txt.gz"


def test_progress_never_goes_back_though_the_start_of_a_file_is_looked_at_first(tmp_path: Path) -> None:
    path = written(tmp_path, (json.dumps(EVENT) + "\n") * 5000)
    told: list[int] = []
    assert len(list(read_file(path, "events", progress=told.append))) == 5000
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


def test_progress_counts_the_bytes_on_disk_up_to_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.gz"
    path.write_bytes(gzip.compress((TRACE + ROW * 50000).encode()))
    told: list[int] = []
    assert len(list(read_file(path, "nextflow", progress=told.append))) == 50001
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


def test_bytes_that_are_not_utf_8_do_not_stop_a_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    path.write_bytes(b"native_id\tstatus\tsubmit\tname\n" + ROW.rstrip().encode() + b"\tcaf\xe9\n")
    [entry] = read_file(path, "nextflow")
    assert isinstance(entry, Entry)
    assert entry.facts[0]["name"] == "caf�"


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^format: 'xml' is no import format"):
        list(read_file(written(tmp_path, TRACE), "xml"))


def test_lines_longer_than_a_chunk_come_whole(tmp_path: Path) -> None:
    long = "x" * 3_000_000
    with open_text(written(tmp_path, f"{long}\nshort")) as opened:
        assert list(opened.text_lines()) == [f"{long}\n", "short"]
