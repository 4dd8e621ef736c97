"""Slow, long and many bodies, slow readers, and an orderly end, on real sockets."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from mmbatch_dash.front import limits
from mmbatch_dash.front.front import Allowance
from tests.front.conftest import read_all, served

KNOWN = Allowance("token:a", 100_000)


def tell(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says what came."""
    body = environ["wsgi.input"].read()
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [orjson.dumps({"length": len(body), "body": body[:100].decode(), **told})]


def by_caller(environ: dict[str, Any]) -> Allowance:
    """Everybody whom a header names is known."""
    caller = environ.get("HTTP_X_CALLER", "")
    return Allowance(f"token:{caller}" if caller else "", 100_000 if caller else 0)


def wait_until(true: Any, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_in_pieces_arrives_whole(chunked: bool) -> None:
    body: Any = iter([b"one ", b"two ", b"three"]) if chunked else b"one two three"
    with served(tell, lambda _environ: KNOWN) as front:
        status, answer, _ = front.ask("POST", "/a%20b/%C3%A9?q=%20", body)
    told = orjson.loads(answer)
    assert (status, told["body"], told["CONTENT_LENGTH"]) == (200, "one two three", "13")
    assert (told["PATH_INFO"].encode("latin-1").decode(), told["QUERY_STRING"]) == ("/a b/é", "q=%20")
    assert told["REQUEST_URI"] == "/a%20b/%C3%A9"
    assert (told["REMOTE_ADDR"], told["REQUEST_METHOD"], told["wsgi.url_scheme"]) == ("127.0.0.1", "POST", "http")


@pytest.mark.parametrize(("name", "arrives"), [("X-Real-IP", True), ("x_real_ip", False)])
def test_headers_with_underscores_cannot_pass_for_those_of_a_proxy(name: str, arrives: bool) -> None:
    with (
        served(tell, lambda _environ: KNOWN) as front,
        socket.create_connection(("127.0.0.1", front.port)) as connection,
    ):
        connection.sendall(f"GET / HTTP/1.1\r\nHost: x\r\n{name}: 1.1.1.1\r\nConnection: close\r\n\r\n".encode())
        assert (b"REAL_IP" in read_all(connection)) is arrives


def test_a_body_that_is_too_slow_is_given_up_in_time(quick_limits: None) -> None:
    with served(tell, lambda _environ: KNOWN) as front:
        began = time.monotonic()
        with front.half_sent("/") as connection:
            answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"The body came too slowly" in answer
        assert 0.4 < time.monotonic() - began < 10


def test_a_body_that_comes_fast_enough_has_its_time_in_all_and_no_more(quick_limits: None) -> None:
    with served(tell, lambda _environ: KNOWN) as front:
        began = time.monotonic()
        with front.half_sent("/", length=90_000) as connection:
            try:
                while time.monotonic() - began < 15:
                    connection.sendall(b"x" * 500)
                    time.sleep(0.05)
            except OSError:
                pass
        assert 1.8 < time.monotonic() - began < 12


def test_half_sent_bodies_hold_no_thread(quick_limits: None) -> None:
    with served(tell, by_caller) as front:
        slow = [front.half_sent("/", X_Caller="a") for _ in range(3 * limits.THREADS)]
        began = time.monotonic()
        assert front.ask("POST", "/", b"quick", X_Caller="a")[0] == 200
        assert front.ask("GET", "/")[0] == 200
        assert time.monotonic() - began < 1
        for connection in slow:
            connection.close()


def test_a_caller_has_so_many_slow_bodies_and_is_told_to_come_back_while_others_send(
    quick_limits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODY_GRACE_SECONDS", 1.5)
    monkeypatch.setattr(limits, "SLOW_OF_CALLER", 2)
    with served(tell, by_caller) as front:
        slow = [front.half_sent("/", X_Caller="a") for _ in range(2)]
        time.sleep(0.3)
        with front.half_sent("/", X_Caller="a") as third, front.half_sent("/", X_Caller="b") as other:
            answer = read_all(third)
            assert answer.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 5" in answer
            time.sleep(0.3)
            other.sendall(b"x" * 999)
            assert other.recv(65536).startswith(b"HTTP/1.1 200")
        assert front.ask("POST", "/", b"quick", X_Caller="a")[0] == 200
        for connection in slow:
            connection.close()


def test_a_stranger_is_answered_without_the_body_being_awaited() -> None:
    with served(tell, by_caller) as front, front.half_sent("/", length=50_000_000) as connection:
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"length":0' in answer


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_left_to_the_application_to_refuse(chunked: bool) -> None:
    body: Any = iter([b"x" * 60_000] * 3) if chunked else b"x" * 100_001
    with served(tell, lambda _environ: KNOWN) as front:
        status, answer, _ = front.ask("POST", "/", body)
    told = orjson.loads(answer)
    assert (status, told["length"], int(told["CONTENT_LENGTH"])) == (200, 0, 100_001)


def test_bodies_in_memory_are_bounded_over_all_senders(quick_limits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HELD_OF_ADDRESS", 50_000)
    with served(tell, lambda _environ: KNOWN) as front:
        with front.half_sent("/", length=60_000, sent=b"x" * 40_000):
            time.sleep(0.1)
            status, answer, headers = front.ask("POST", "/", b"x" * 20_000)
            assert (status, headers["retry-after"]) == (503, "5")
            assert b"large bodies" in answer
            assert front.ask("POST", "/", b"x" * 5_000)[0] == 200
        wait_until(lambda: front.ask("POST", "/", b"x" * 20_000)[0] == 200)


class Stream:
    """An answer in pieces, that notes how far it came and whether it was closed."""

    def __init__(self, pieces: int) -> None:
        self.pieces, self.given, self.closed = pieces, 0, threading.Event()

    def __call__(self, _environ: dict[str, Any], start_response: Any) -> "Stream":
        start_response("200 OK", [("Content-Type", "text/csv")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        while self.given < self.pieces:
            self.given += 1
            yield b"x" * 65_536

    def close(self) -> None:
        self.closed.set()


def test_an_answer_made_piece_by_piece_arrives_whole() -> None:
    stream = Stream(200)
    with served(stream, lambda _environ: KNOWN) as front:
        status, body, _ = front.ask("GET", "/")
    assert (status, len(body), stream.closed.is_set()) == (200, 200 * 65_536, True)


def test_an_answer_that_breaks_off_does_not_end_like_a_whole_one(caplog: pytest.LogCaptureFixture) -> None:
    def break_off(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/csv")])

        def pieces() -> Iterator[bytes]:
            yield b"job_id\n" * 1000
            raise OSError("the disk is gone")

        return pieces()

    with (
        served(break_off, lambda _environ: KNOWN) as front,
        socket.create_connection(("127.0.0.1", front.port)) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(10)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"job_id\n" in answer
    # What ends a chunked answer is a chunk of no length.
    assert not answer.endswith(b"0\r\n\r\n")
    assert "An answer broke off in the middle" in caplog.text


def test_a_reader_who_takes_nothing_is_given_up_and_the_work_with_it(quick_limits: None) -> None:
    stream = Stream(100_000)
    with served(stream, lambda _environ: KNOWN) as front, front.half_sent("/", length=0, sent=b""):
        assert stream.closed.wait(10)
    assert stream.given < 10_000


def test_a_reader_who_leaves_ends_the_work() -> None:
    stream = Stream(1_000_000)
    with served(stream, lambda _environ: KNOWN) as front:
        with front.half_sent("/", length=0, sent=b"") as connection:
            connection.recv(1000)
        assert stream.closed.wait(10)


def test_one_address_or_caller_never_has_all_threads() -> None:
    release, running = threading.Event(), threading.Semaphore(0)

    def hold(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/hold":
            running.release()
            release.wait(20)
        start_response("200 OK", [])
        return [b""]

    with served(hold, by_caller) as front, ThreadPoolExecutor(40) as pool:
        held = [pool.submit(front.ask, "GET", "/hold", X_Caller="a") for _ in range(20)]
        for _ in range(limits.THREADS_OF_CALLER):
            assert running.acquire(timeout=5)
        assert not running.acquire(timeout=0.3)
        assert front.ask("GET", "/", X_Caller="b")[0] == 200
        assert front.ask("GET", "/")[0] == 200
        release.set()
        assert [answer.result()[0] for answer in held] == [200] * 20


def test_who_waits_too_long_for_a_turn_is_told_to_come_back(quick_limits: None) -> None:
    release = threading.Event()

    def hold(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        release.wait(20)
        start_response("200 OK", [])
        return [b""]

    with served(hold, by_caller) as front, ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(front.ask, "GET", "/", X_Caller="a") for _ in range(limits.THREADS_OF_CALLER + 3)]
        wait_until(lambda: sum(answer.done() for answer in asked) == 3)
        release.set()
        statuses = sorted(answer.result()[0] for answer in asked)
    assert statuses == [200] * limits.THREADS_OF_CALLER + [503] * 3


def test_a_streamed_body_is_worked_on_while_it_comes_one_at_a_time_for_a_caller() -> None:
    seen: list[bytes] = []
    errors: list[str] = []

    def take(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        try:
            seen.extend(environ["wsgi.input"])
        except OSError as error:
            errors.append(str(error))
        start_response("200 OK", [])
        return [b"taken"]

    with served(take, lambda _environ: Allowance("token:a", 10_000_000, streamed=True)) as front:
        with front.half_sent("/", length=8, sent=b"one\n") as connection:
            wait_until(lambda: seen == [b"one\n"])
            status, answer, _ = front.ask("POST", "/", b"two\n")
            assert (status, b"imports" in answer) == (503, True)
            connection.sendall(b"two\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert seen == [b"one\n", b"two\n"]
        with front.half_sent("/", length=8, sent=b"cut\n"):
            wait_until(lambda: b"cut\n" in seen)
        wait_until(lambda: bool(errors))
    assert errors == ["The connection broke before the body was whole."]


def test_a_streamed_body_may_take_long_but_not_stand_still(quick_limits: None) -> None:
    broken: list[str] = []

    def take(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        try:
            environ["wsgi.input"].read()
        except OSError as error:
            broken.append(str(error))
        start_response("200 OK", [])
        return [b"done"]

    allowed = Allowance("token:a", 10_000_000, streamed=True)
    with served(take, lambda _environ: allowed) as front, front.half_sent("/", length=50 * 1024) as connection:
        for _ in range(25):  # longer than a whole body may take, at twice the rate it has to have
            connection.sendall(b"x" * 205)
            time.sleep(0.1)
        assert broken == []
        assert b"done" in read_all(connection)
    assert "too slowly" in broken[0]


def test_at_the_end_what_is_under_way_is_answered_and_what_comes_later_is_told_to_come_back() -> None:
    release = threading.Event()

    def hold(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/hold":
            release.wait(20)
        start_response("200 OK", [])
        return [b"answered"]

    with served(hold, by_caller) as front, ThreadPoolExecutor(2) as pool:
        held = pool.submit(front.ask, "GET", "/hold")
        time.sleep(0.3)
        draining = asyncio.run_coroutine_threadsafe(front.front.drain(20), front.loop)
        time.sleep(0.1)
        status, answer, headers = front.ask("GET", "/")
        assert (status, headers["retry-after"], headers["connection"]) == (503, "5", "close")
        assert b"about to end" in answer
        assert not draining.done()
        release.set()
        assert held.result()[:2] == (200, b"answered")
        draining.result(5)


def test_an_application_that_fails_is_an_answer_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    with served(fail, by_caller) as front:
        status, answer, _ = front.ask("GET", "/")
        assert (status, orjson.loads(answer)["statusCode"]) == (500, 500)
        assert front.ask("GET", "/")[0] == 500
    assert "ZeroDivisionError" in caplog.text
