"""A program leaves alone what a newer one wrote."""

from pathlib import Path

import orjson
import pytest

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.data_format import FILE, VERSIONS, claim_format


def test_what_this_program_writes_is_noted(tmp_path: Path) -> None:
    claim_format(tmp_path)
    noted = orjson.loads((tmp_path / FILE).read_bytes())
    assert {name: noted[name] for name in VERSIONS} == VERSIONS
    claim_format(tmp_path)
    assert orjson.loads((tmp_path / FILE).read_bytes()) == noted


@pytest.mark.parametrize("name", VERSIONS)
def test_a_newer_directory_is_refused_in_one_sentence_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    newer = orjson.dumps({**VERSIONS, name: VERSIONS[name] + 1, "program": "9.0.0"})
    (tmp_path / FILE).write_bytes(newer)
    with pytest.raises(
        StoreUnavailable, match=rf"{name} of format \d, written by mmbatch_dash 9\.0\.0.*restore a backup"
    ):
        open_services(build_settings(tmp_path, environ={}), start_folding=False)
    assert (tmp_path / FILE).read_bytes() == newer
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, "lock"]


@pytest.mark.parametrize("damaged", [b"", b"\xff", b"[]", b'{"tables": "two"}'])
def test_a_damaged_note_is_written_anew(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / FILE).write_bytes(damaged)
    claim_format(tmp_path)
    assert orjson.loads((tmp_path / FILE).read_bytes())["tables"] == VERSIONS["tables"]
