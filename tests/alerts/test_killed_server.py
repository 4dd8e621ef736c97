"""A real server, killed with signal 9 on the way of a message: one message an incident by its id, and one digest.

`make alerts` kills it at every point there is; the suite where most can go wrong.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from mmbatch_dash.services.alerts.state_file import FILE_NAME as ALERTS
from mmbatch_dash.services.report.digest import FILE_NAME as DIGEST
from tests.alerts.receiver import Receiver
from tests.alerts.test_channels import mail_server
from tests.endurance.server import Server

QUICK = """
import sys
from datetime import timedelta
from mmbatch_dash.domain.alerts import incidents
from mmbatch_dash.services.alerts import watch
from mmbatch_dash.services.report import digest
watch.LOOK_SECONDS = digest.LOOK_SECONDS = 0.2
watch.MOST_SHARE = 1.0
incidents.CALM = incidents.FIRST_RETRY = timedelta(seconds=0.3)
from mmbatch_dash.cli import main
main(["serve", *sys.argv[1:]])
"""
"""`app.py` whose watches look five times a second."""
RULE = {"figure": "restores.failed", "above": 0, "window": "24h", "by": "queue", "channels": ["ops"]}
PATIENCE_SECONDS = 60


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder / "data", folder / "server.log", ("-c", QUICK))
    try:
        server.wait_until_up()
        yield server
    finally:
        server.kill()


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def read(folder: Path, name: str) -> Any:
    try:
        return json.loads((folder / "data" / name).read_text())
    except FileNotFoundError:
        return {}


def told(folder: Path, part: str, when: str) -> bool:
    """Whether it is on disk that the channel was told of an incident."""
    return any(one["told"].get("ops", {}).get(when) for one in read(folder, ALERTS).get(part, ()))


def configure(folder: Path, receiver: Receiver, *, mail: str = "") -> None:
    channels: dict[str, Any] = {"ops": {"url": f"{receiver.address}/hook"}}
    if mail:
        (folder / "mail-url").write_text(mail)
        channels["mail"] = {"urlFile": str(folder / "mail-url")}
    alerts = {"channels": channels, "rules": {"mine": RULE}}
    alerts |= {"digestTo": ["mail"]} if mail else {}
    (folder / "data").mkdir()
    (folder / "data" / "config.yaml").write_text(yaml.safe_dump({"alerts": alerts}))


def switch_off_the_rule(folder: Path) -> None:
    """What it found wrong is over."""
    file = folder / "data" / "config.yaml"
    known = yaml.safe_load(file.read_text())
    known["alerts"]["rules"]["mine"]["enabled"] = False
    file.write_text(yaml.safe_dump(known))


def break_a_restore(server: Server) -> None:
    now = datetime.now(UTC)

    def event(kind: str, seconds: float, **data: Any) -> dict[str, Any]:
        head = {"specversion": "1.0", "id": kind, "source": "test/job", "type": f"mmbatch.{kind}"}
        at = (now - timedelta(seconds=seconds)).isoformat()
        return {**head, "time": at, "data": {"job_id": "job-1", "attempt": 1, **data}}

    started = event("job.started", 60, queue="align", instance_id="i-0123456789abcdef0")
    assert server.post([started, event("restore.failed", 5, error="no image")])[0] == 200


def is_one_story(receiver: Receiver) -> None:
    """One incident: its beginning before its end, however often each was sent."""
    ids = list(dict.fromkeys(receiver.ids()))
    assert [one.rpartition("-")[2] for one in ids] == ["began", "ended"]
    assert len({one.rpartition("-")[0] for one in ids}) == 1


def test_killed_while_messages_are_on_their_way_it_tells_each_once_by_its_id_and_one_digest(
    tmp_path: Path, receiver: Receiver
) -> None:
    with mail_server() as (mailbox, port):
        mail = f"mailto://127.0.0.1:{port}?from=dash@example.org&to=ops@example.org&mode=insecure"
        configure(tmp_path, receiver, mail=mail)
        receiver.go_on.clear()
        with serving(tmp_path) as server:
            until(lambda: [sent for week in read(tmp_path, DIGEST).values() if (sent := week["mail"]["at"])])
            break_a_restore(server)
            assert receiver.came.acquire(timeout=PATIENCE_SECONDS), "the beginning is on its way"
        assert not told(tmp_path, "open", "began_at")
        receiver.go_on.set()
        with serving(tmp_path) as server:
            assert receiver.came.acquire(timeout=PATIENCE_SECONDS), "it is sent again"
            until(lambda: told(tmp_path, "open", "began_at"))
            assert b"mmbatch_dash_open_alerts" in _metrics(server)
        switch_off_the_rule(tmp_path)
        receiver.go_on.clear()
        with serving(tmp_path):
            assert receiver.came.acquire(timeout=PATIENCE_SECONDS), "the end is on its way"
        assert not told(tmp_path, "closed", "ended_at")
        receiver.go_on.set()
        with serving(tmp_path) as server:
            until(lambda: told(tmp_path, "closed", "ended_at"))
            assert server.terminate() == 0
    assert [one.rpartition("-")[2] for one in receiver.ids()] == ["began", "began", "ended", "ended"]
    is_one_story(receiver)
    [envelope] = mailbox.letters
    letter = message_from_bytes(envelope.content)
    assert {"text/html", "application/pdf"} <= {part.get_content_type() for part in letter.walk()}
    assert letter["Idempotency-Key"] == f"digest-{next(iter(read(tmp_path, DIGEST)))}"


def _metrics(server: Server) -> bytes:
    with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=20) as answer:
        return bytes(answer.read())


POINTS: dict[str, Callable[[Receiver, Path], None]] = {
    "as soon as the event is taken in": lambda _receiver, _folder: None,
    "once the incident is on disk and the receiver is down": lambda _receiver, folder: until(
        lambda: read(folder, ALERTS).get("open")
    ),
    "as the message arrives": lambda receiver, _folder: until(lambda: receiver.got),
    "once it is noted": lambda _receiver, folder: until(lambda: told(folder, "open", "began_at")),
}


@pytest.mark.skipif("ALERT_KILLS" not in os.environ, reason="every point takes long: make alerts")
@pytest.mark.parametrize("turn", range(3))
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_it_tells_one_message_an_incident(
    tmp_path: Path, receiver: Receiver, point: str, turn: int
) -> None:
    configure(tmp_path, receiver)
    receiver.status = 503 if "down" in point else 200
    with serving(tmp_path) as server:
        break_a_restore(server)
        POINTS[point](receiver, tmp_path)
    receiver.status = 200
    with serving(tmp_path):
        until(lambda: told(tmp_path, "open", "began_at"))
    switch_off_the_rule(tmp_path)
    with serving(tmp_path):
        time.sleep(0.3 + 0.4 * turn)  # somewhere between noticing that it is over and having said so
    with serving(tmp_path):
        until(lambda: told(tmp_path, "closed", "ended_at"))
    is_one_story(receiver)
