"""The server's log files: rotating, structured, with request ids, without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmbatch_dash.services.logs import CUT, MEGABYTE, REQUEST_ID, PlainLines, ServerLog, without_secrets

LOG = logging.getLogger("mmbatch_dash.tests")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ServerLog]:
    package = logging.getLogger("mmbatch_dash")
    level = package.level
    opened = ServerLog(tmp_path / "logs", "info", 1, 2)
    opened.attach()
    yield opened
    opened.close()
    package.setLevel(level)


def lines(folder: Path) -> list[dict[str, str]]:
    path = folder / "logs" / "mmbatch_dash.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_each_line_is_an_object_with_time_level_and_request(tmp_path: Path, log: ServerLog) -> None:
    token = REQUEST_ID.set("abc123")
    LOG.info("Folded %d jobs", 3)
    REQUEST_ID.reset(token)
    LOG.info("two\nlines")
    first, second = lines(tmp_path)
    assert {key: first[key] for key in ("level", "logger", "request", "message")} == {
        "level": "info",
        "logger": "mmbatch_dash.tests",
        "request": "abc123",
        "message": "Folded 3 jobs",
    }
    assert first["at"].endswith("Z")
    assert "request" not in second
    assert second["message"] == "two\nlines"


def test_the_level_changes_at_once(tmp_path: Path, log: ServerLog) -> None:
    LOG.debug("unheard")
    assert log.adjust("debug", 1, 2)
    LOG.debug("heard")
    log.adjust("error", 1, 2)
    LOG.warning("unheard again")
    assert [line["message"] for line in lines(tmp_path)] == ["heard"]
    assert not log.adjust("error", 1, 2)


def test_files_rotate_at_the_size_and_only_so_many_are_kept(tmp_path: Path, log: ServerLog) -> None:
    for _ in range(220):
        LOG.info("x" * 19_000)
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == ["mmbatch_dash.log", "mmbatch_dash.log.1", "mmbatch_dash.log.2"]
    assert all(path.stat().st_size <= MEGABYTE for path in (tmp_path / "logs").iterdir())
    log.adjust("info", 1, 1)
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == files[:2]


def test_an_error_is_written_with_its_trace_but_without_secrets(tmp_path: Path, log: ServerLog) -> None:
    try:
        raise ValueError("password=hunter2 was wrong")
    except ValueError:
        LOG.exception("Sign-in failed for %s", "alice")
    [line] = lines(tmp_path)
    assert "ValueError" in line["error"]
    assert "hunter2" not in json.dumps(line)


def test_what_goes_to_standard_error_is_without_secrets_too() -> None:
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(PlainLines("%(levelname)s %(name)s %(message)s"))
    LOG.addHandler(handler)
    try:
        raise ValueError("password=hunter2 was wrong")
    except ValueError:
        LOG.exception("Refused %s", "Authorization: Bearer SECRETSECRET")
    finally:
        LOG.removeHandler(handler)
    told = heard.getvalue()
    assert told.startswith(f"ERROR {LOG.name} Refused Authorization: Bearer {CUT}")
    assert "ValueError" in told
    assert "hunter2" not in told
    assert "SECRET" not in told


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer mmb_a1b2c3_SECRETSECRET", "SECRETSECRET"),
        ("X-Api-Key: SECRETSECRET1", "SECRETSECRET1"),
        ("{'client_secret': 'SECRETSECRET2'}", "SECRETSECRET2"),
        ('{"password": "SECRET 3"}', "SECRET"),
        ("at http://127.0.0.1:8080/setup?code=SECRET_4-x", "SECRET_4-x"),
        ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
        ("token mmb_0123456789ab_SECRETSECRET5", "SECRETSECRET5"),
        ("jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0abc.SECRETSECRET6", "SECRETSECRET6"),
        ("-----BEGIN PRIVATE KEY-----\nSECRET7\n-----END PRIVATE KEY-----", "SECRET7"),
        ("Cookie: mmbatch_session=SECRETSECRET8", "SECRETSECRET8"),
    ],
)
def test_what_looks_like_a_secret_is_left_out(text: str, secret: str) -> None:
    cleaned = without_secrets(text)
    assert secret not in cleaned
    assert CUT in cleaned


def test_ordinary_sentences_stay_as_they_are() -> None:
    text = "The log now has level debug; /etc/tls/key.pem cannot be read; exit code 137 of job-7, error code: 5"
    assert without_secrets(text) == text
