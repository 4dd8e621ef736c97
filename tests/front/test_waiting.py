"""Whom a request comes from may have to be asked elsewhere: that takes a thread's time, never the event loop's."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.front.front import Allowance
from tests.front.conftest import served
from tests.front.test_front import KNOWN, tell

COOKIE = {"Cookie": "session=a"}


def has_cookie(environ: dict[str, Any]) -> bool:
    return "HTTP_COOKIE" in environ


def test_others_are_answered_while_one_request_is_asked_about() -> None:
    answered = threading.Event()

    def allow(environ: dict[str, Any]) -> Allowance:
        if has_cookie(environ):
            assert answered.wait(20)
        return KNOWN

    with served(tell, allow, has_cookie) as front, ThreadPoolExecutor() as pool:
        waiting = pool.submit(front.ask, "POST", "/a", b"x", **COOKIE)
        assert front.ask("POST", "/b", b"x")[0] == 200
        assert not waiting.done()
        answered.set()
        assert waiting.result(20)[0] == 200


def test_where_nobody_can_be_asked_a_sender_is_told_why_and_to_come_again() -> None:
    def allow(_environ: dict[str, Any]) -> Allowance:
        raise StoreUnavailable("Nobody is let in until it can be read.")

    with served(tell, allow, has_cookie) as front:
        for headers in ({}, COOKIE):
            status, body, answered = front.ask("GET", "/", **headers)
            assert (status, b"Nobody is let in" in body, answered["retry-after"]) == (503, True, "5")
