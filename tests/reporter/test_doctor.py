"""What the doctor and the spool say, in sentences that name the remedy."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mmbatch_dash.reporter import names
from mmbatch_dash.reporter.cli import main
from mmbatch_dash.reporter.doctor import examine
from mmbatch_dash.reporter.spool import Spool, Waiting

LONG_AGO = "Thu, 01 Jan 2026 00:00:00 GMT"


@contextmanager
def serving(answers: Mapping[str, int], date: str = "") -> Iterator[str]:
    """A server that answers paths with these statuses, and says what time it is."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            return date or super().date_time_string(timestamp)

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(answers[self.path.partition("?")[0]])
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def ask(url: str | None, folder: Path, token: str = "", **more: str) -> list[tuple[bool, str]]:
    environment = {names.IMDS: "off", names.SPOOL: str(folder), names.TOKEN: token, **more}
    return examine(environment, url, None, None)


def bad(findings: list[tuple[bool, str]]) -> str:
    return " ".join(words for well, words in findings if not well)


@pytest.mark.parametrize(
    ("events", "config", "token", "said"),
    [
        (401, 401, "", f"no token was given: set {names.TOKEN_FILE}"),
        (401, 401, "mmb_x", "It may not send events: the token is not known there."),
        (403, 200, "mmb_x", "the token lacks the right `ingest`"),
        (200, 403, "mmb_x", "the token lacks the right `node`"),
        (200, 304, "mmb_x", ""),
        (503, 200, "mmb_x", "To send events was answered with 503."),
    ],
)
def test_the_doctor_says_which_right_is_missing(
    tmp_path: Path, events: int, config: int, token: str, said: str
) -> None:
    answers = {"/healthz": 200, "/api/v1/events": events, "/api/v1/config": config}
    with serving(answers) as url:
        told = bad(ask(url, tmp_path, token))
    assert said in told
    assert bool(told) == bool(said)
    assert "mmb_x" not in told


def test_the_doctor_says_what_else_is_wrong(tmp_path: Path) -> None:
    assert f"set {names.SERVER}" in bad(ask(None, tmp_path))
    with serving({"/healthz": 404}) as url:
        assert "is it the management server?" in bad(ask(url, tmp_path))
    with serving({"/healthz": 200, "/api/v1/events": 200, "/api/v1/config": 200}, LONG_AGO) as url:
        assert "set the clock" in bad(ask(url, tmp_path))
        missing = str(tmp_path / "no-such-token")
        assert "cannot be read or is empty" in bad(ask(url, tmp_path, **{names.TOKEN_FILE: missing}))
    (tmp_path / "file").write_text("")
    assert "cannot be written" in bad(ask(None, tmp_path / "file" / "spool"))


def test_the_spool_lists_what_waits_and_what_was_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = Spool(tmp_path, "j")
    spool.put({"type": "mmbatch.job.started", "time": "2026-03-01T12:00:00Z", "subject": "j"})
    spool.put({"type": "mmbatch.job.usage", "time": "2026-03-01T12:01:00Z", "subject": "j"})
    refused: Waiting = spool.waiting()[1]
    spool.set_aside(refused)
    monkeypatch.setenv(names.SPOOL, str(tmp_path))
    monkeypatch.delenv(names.SERVER, raising=False)
    assert main(["spool"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2026-03-01T12:00:00Z mmbatch.job.started j"
    assert lines[1] == f"1 events wait in {tmp_path}"
    assert lines[2] == f"1 more were refused by a server, and lie in {tmp_path / 'refused'}"
    assert main(["spool", "--send"]) == 1
    assert "1 events could not be sent: no server is named" in capsys.readouterr().err
    with serving({"/api/v1/events": 401}) as url:
        assert main(["spool", "--send", "--server", url]) == 1
    assert "it answered 401" in capsys.readouterr().err
    assert json.loads(next((tmp_path / "events" / "j").iterdir()).read_text())["subject"] == "j"
