"""From something wrong to a message: once an incident, once when it ends, whatever happens in between."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.services.alerts import watch
from mmbatch_dash.services.alerts.state_file import FILE_NAME, read_state
from mmbatch_dash.store.documents.files import FileDocuments
from tests.alerts.conftest import Watched
from tests.alerts.receiver import Receiver


def kinds(receiver: Receiver) -> list[str]:
    return [body["kind"] for body in receiver.json()]


def test_an_incident_is_told_once_when_it_begins_and_once_when_it_ends(watched: Watched, receiver: Receiver) -> None:
    watched.wave()
    for _ in range(3):
        watched.look(seconds=15)
    watched.wrong.clear()
    for _ in range(8):
        watched.look(seconds=15)

    assert kinds(receiver) == ["began", "ended"]
    began, ended = receiver.json()
    assert began["title"] == "reclaim-wave: reclaims 7 in 10 min, over 4"
    assert ended["title"] == "Over: reclaim-wave"
    assert began["id"].removesuffix("-began") == ended["id"].removesuffix("-ended")
    [incident] = read_state(FileDocuments(watched.folder)).closed
    assert incident.told["ops"].began_at is not None
    assert incident.told["ops"].ended_at is not None


def test_a_value_at_its_limit_is_one_incident(watched: Watched, receiver: Receiver) -> None:
    for number in range(12):
        watched.wrong.clear()
        if number % 2:
            watched.wave()
        watched.look(seconds=15)
    assert kinds(receiver) == ["began"]


def test_what_must_hold_for_a_while_is_no_incident_before(watched: Watched, receiver: Receiver) -> None:
    watched.wave(held=timedelta(minutes=5))
    for _ in range(20):
        watched.look(seconds=15)
    assert kinds(receiver) == []
    watched.look(seconds=15)
    assert kinds(receiver) == ["began"]
    assert (
        read_state(FileDocuments(watched.folder)).open[0].since
        < read_state(FileDocuments(watched.folder)).open[0].opened_at
    )


def test_each_group_is_an_incident_of_its_own(watched: Watched, receiver: Receiver) -> None:
    watched.wave(group="align")
    watched.wave(group="qc")
    watched.look()
    assert sorted(body["group"] for body in receiver.json()) == ["align", "qc"]


def test_a_channel_that_is_down_is_tried_again_and_told_in_order(watched: Watched, receiver: Receiver) -> None:
    receiver.status = 503
    watched.wave()
    watched.look()
    assert read_state(FileDocuments(watched.folder)).open[0].told["ops"].error == "The address answered 503."
    watched.wrong.clear()
    watched.look(seconds=20)
    watched.look(seconds=70)
    assert receiver.got == []
    receiver.status = 200
    for _ in range(2):
        watched.look(seconds=3600)
    assert kinds(receiver) == ["began", "ended"]


def test_nobody_is_told_of_what_is_silenced_until_the_silence_ends(watched: Watched, receiver: Receiver) -> None:
    alerts = watched.open()
    until = watched.now + timedelta(hours=1)
    alerts.silence(rule="reclaim-wave", group="", until=until, by="alice", note="a drill")
    watched.wave()
    watched.look(seconds=60)
    assert kinds(receiver) == []
    watched.look(seconds=3600)
    assert kinds(receiver) == ["began"]


def test_what_began_and_ended_in_a_silence_is_never_told(watched: Watched, receiver: Receiver) -> None:
    watched.open().silence(rule="", group="", until=watched.now + timedelta(hours=1), by="alice", note="")
    watched.wave()
    watched.look(seconds=60)
    watched.wrong.clear()
    for seconds in (60, 61, 7200):
        watched.look(seconds=seconds)
    assert kinds(receiver) == []
    assert read_state(FileDocuments(watched.folder)).closed[0].told["ops"].skipped


def test_a_silence_can_be_ended_and_must_end_in_the_future(watched: Watched, receiver: Receiver) -> None:
    alerts = watched.open()
    made = alerts.silence(rule="", group="", until=watched.now + timedelta(hours=1), by="alice", note="")
    alerts.end_silence(made.id)
    watched.wave()
    watched.look()
    assert kinds(receiver) == ["began"]
    with pytest.raises(InvalidInput, match="until: must lie in the future"):
        alerts.silence(rule="", group="", until=watched.now, by="alice", note="")


def test_a_state_that_cannot_be_read_is_kept_aside(watched: Watched, receiver: Receiver) -> None:
    (watched.folder / FILE_NAME).write_text("{")
    watched.wave()
    watched.look()
    assert kinds(receiver) == ["began"]
    assert (watched.folder / FILE_NAME).with_suffix(".unreadable").read_text() == "{"


def _die(*_args: Any, **_kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(call: Callable[..., Any], turn: int = 1) -> Callable[..., Any]:
    calls = iter(range(1, 100))

    def wrapped(*args: Any, **kwargs: Any) -> None:
        call(*args, **kwargs)
        if next(calls) == turn:
            _die()

    return wrapped


def _before(call: Callable[..., Any], turn: int = 1) -> Callable[..., Any]:
    calls = iter(range(1, 100))

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == turn:
            _die()
        return call(*args, **kwargs)

    return wrapped


POINTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "before it is written down": ("write", lambda call: _before(call)),
    "once it is written down": ("write", lambda call: _after(call)),
    "before the message leaves": ("send", lambda call: _before(call)),
    "once the message was taken": ("send", lambda call: _after(call)),
    "before the message is noted": ("write", lambda call: _before(call, 2)),
    "once the message is noted": ("write", lambda call: _after(call, 2)),
}


def killed(watched: Watched, point: str, seconds: float) -> None:
    """A server that starts, looks, and is killed with signal 9 at a point of the way."""
    watched.now += timedelta(seconds=seconds)
    child = os.fork()
    if child == 0:
        what, kill = POINTS[point]
        alerts = watched.open()
        if what == "write":
            watch.write_state = kill(watch.write_state)
        else:
            alerts._send = kill(alerts._send)
        try:
            alerts.look()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"nothing is done {point}"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("point", POINTS)
def test_a_server_killed_at_any_point_tells_each_message_once_by_its_id(
    watched: Watched, receiver: Receiver, point: str
) -> None:
    watched.wave()
    killed(watched, point, 15)
    for _ in range(3):
        watched.look(seconds=15)
    watched.wrong.clear()
    watched.look(seconds=15)
    killed(watched, point, 61)
    for _ in range(3):
        watched.look(seconds=61)

    # Whoever reads drops repeats by the id; without the kill between sending and noting there is no repeat.
    ids = list(dict.fromkeys(receiver.ids()))
    assert [one.rpartition("-")[2] for one in ids] == ["began", "ended"]
    assert len({one.rpartition("-")[0] for one in ids}) == 1
    repeats = 2 if point in ("once the message was taken", "before the message is noted") else 0
    assert len(receiver.ids()) == 2 + repeats


def test_pages_look_again_when_something_begins_or_ends_and_not_while_it_lasts(watched: Watched) -> None:
    watch, changes = watched.open(), list[int]()
    watch.on_change = lambda: changes.append(len(watch.state.open))
    watched.wave()
    for number in range(12):
        if number == 3:
            watched.wrong.clear()
        watched.now += timedelta(seconds=15)
        watch.look()
    assert changes == [1, 0]
