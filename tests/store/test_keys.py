"""Keys that are kept on disk mean the same in every version of DuckDB."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.store.world import World

PACKAGE = Path(__file__).resolve().parents[2] / "mmbatch_dash" / "store"


@pytest.mark.parametrize("job_id", ["j", "8f3c1a6e-0000-4000-8000-000000000001", "名前", "x" * 300])
def test_a_jobs_key_is_the_first_eight_bytes_of_the_sha_256_of_its_id(world: World, job_id: str) -> None:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "mmbatch.job.submitted",
        "time": "2026-03-01T00:00:00Z",
        "data": {"job_id": job_id},
    }
    world.take([event])
    expected = int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8], "big")
    assert world.rows("SELECT job_key FROM jobs") == [(expected,)]


def test_what_has_no_id_has_no_key(world: World) -> None:
    assert world.rows("SELECT id_key(NULL)") == [(None,)]


def test_nothing_on_disk_hangs_on_the_hash_function_of_duckdb() -> None:
    found = [
        f"{path.name}:{number}"
        for path in [*PACKAGE.rglob("*.sql"), *(PACKAGE / "queries").glob("*.py")]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"(?<![\w.])hash\(", line) and not line.startswith("--")
    ]
    assert found == []
