"""What servers note for later is shared as well: who fetched which configuration, and what came of asking AWS."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from mmbatch_dash.domain.alerts.incidents import Silence, State
from mmbatch_dash.domain.config import Config
from mmbatch_dash.services.alerts.state_file import ASIDE, read_state, write_state
from mmbatch_dash.services.alerts.watch import Alerts
from mmbatch_dash.services.aws.state import AccountState, SyncState, load_state, save_state
from mmbatch_dash.services.obedience import FILE_NAME, Named, Obedience, Obeys
from mmbatch_dash.store.documents.interface import Documents, put
from mmbatch_dash.store.documents.noted import Noted
from tests.documents.conftest import Open
from tests.documents.waiting import in_time

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


def register(documents: Documents, clock: Clock) -> Obedience:
    return Obedience(documents, lambda _queue: ("e2", 2), lambda: timedelta(minutes=5), clock)


def told_of(one: Obedience, clients: list[tuple[str, str]]) -> Obeys:
    """What it reports once it writes down those of these names and etags, which is within a second."""

    def is_told() -> bool:
        one.write()
        return [(client.name, client.etag) for client in one.report().clients] == clients

    assert in_time(is_told)
    return one.report()


def test_each_server_shows_whom_the_others_gave_the_configuration(place: Open) -> None:
    clock = Clock()
    first, second = register(place(), clock), register(place(), clock)
    first.record("node-1", Named.NODE, "e1", 1)
    second.record("node-2", Named.NODE, "e2", 2)
    for one in (first, second):
        one.write()
    for one in (first, second, register(place(), clock)):
        told = told_of(one, [("node-1", "e1"), ("node-2", "e2")])
        assert (told.behind, told.obeying) == (1, 1)


def test_of_a_client_that_asks_both_the_later_answer_counts(place: Open) -> None:
    clock = Clock()
    first, second = register(place(), clock), register(place(), clock)
    first.record("node-1", Named.NODE, "e1", 1)
    first.write()
    clock.now += timedelta(minutes=1)
    second.record("node-1", Named.NODE, "e2", 2)
    second.write()
    assert told_of(first, [("node-1", "e2")]).clients[0].seen_at == clock.now


def test_who_has_nothing_to_add_writes_nothing(place: Open) -> None:
    clock, documents = Clock(), place()
    first, second = register(place(), clock), register(place(), clock)
    first.record("node-1", Named.NODE, "e1", 1)
    first.write()
    version = documents.version(FILE_NAME)
    for one in (second, first, second):
        one.write()
    assert documents.version(FILE_NAME) == version


def test_who_takes_over_goes_on_from_what_the_other_wrote_last(place: Open) -> None:
    documents = place()
    standby = Noted(place(), "alerts.json", read_state)
    assert standby.now() == State()
    silence = Silence("s1", "budget", "", NOON + timedelta(hours=1), NOON, "local:ana")
    write_state(documents, State(silences=(silence,)))
    assert in_time(lambda: standby.now().silences == (silence,))


def test_the_state_of_asking_aws_is_there_for_who_asks_next(place: Open) -> None:
    assert load_state(place()) == SyncState()
    state = SyncState(accounts={"default": AccountState(last_success="2026-03-31T12:00:00Z")}, asked={"i-1": 2})
    save_state(place(), state)
    assert load_state(place()) == state


def test_alerts_go_on_where_another_server_left_them_and_what_cannot_be_read_is_kept(place: Open) -> None:
    silence = Silence("s1", "budget", "", NOON + timedelta(hours=1), NOON, "local:ana")
    write_state(place(), State(silences=(silence,)))
    assert read_state(place()).silences == (silence,)
    documents = place()
    put(documents, "alerts.json", b'{"open": [')
    assert read_state(place()) == State()
    kept = place().read(ASIDE)
    assert kept is not None
    assert kept.content == b'{"open": ['


@pytest.mark.parametrize("place", ["postgres", "watched"], indirect=True)
def test_silences_made_at_two_servers_at_once_both_hold(place: Open) -> None:
    def never(*_: object) -> None:
        raise AssertionError("nobody is told of anything")

    servers = [Alerts(place(), Config, lambda now: {}, never, Clock()) for _ in range(2)]
    both = threading.Barrier(2)

    def silence(number: int) -> None:
        both.wait()
        for turn in range(5):
            until = NOON + timedelta(hours=1)
            servers[number].silence(rule=f"r{number}-{turn}", group="", until=until, by="ana", note="")
            servers[number].look()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(silence, range(2)))
    for server in servers:
        began_at = time.monotonic()
        while len(server.state.silences) < 10 and time.monotonic() < began_at + 5:
            time.sleep(0.01)
        made = sorted(one.rule for one in server.state.silences)
        assert made == sorted(f"r{number}-{turn}" for number in range(2) for turn in range(5))
    servers[1].end_silence(servers[0].state.silences[0].id)
    assert servers[1].state.silences[0].until == NOON
