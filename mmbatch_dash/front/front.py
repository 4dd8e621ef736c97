"""The one ASGI callable: reads a request's body, finds it a thread, sends its answer. Knows nothing of what is asked.

Everything that waits for a client waits here, on the event loop, where waiting costs nothing; the threads of the web
application only ever compute. Whoever may not send a body is answered without it being read.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import orjson

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.problems import problem_body
from mmbatch_dash.front import limits
from mmbatch_dash.front.body import Bodies, BodyRefused, BodyTooLong, Receive, SenderLeft
from mmbatch_dash.front.environ import build_environ
from mmbatch_dash.front.places import NoPlace, Party, Places, Turns
from mmbatch_dash.front.standing import Refusal, Tally
from mmbatch_dash.front.threads import Answer, Application, ApplicationFailed, Headers, Pipe, Threads

LOG = logging.getLogger(__name__)
Environ = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
ENDING = "The server is about to end; send this again to the next one."
BUSY = "Too many requests are being answered for you at this moment; send this one again shortly."
FAILED = "The server failed at this request; its log says how."
BUSY_STREAMS = "Too many exports or imports are running; try again when one of them is done."
NOT_WHOLE = "The connection broke before the body was whole."


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may send, judged by the head alone.

    Attributes:
        caller: token or session; empty for strangers.
        body_bytes: how long the body may be; 0 leaves it unread.
        streamed: whether it is worked on while it comes.
    """

    caller: str = ""
    body_bytes: int = 0
    streamed: bool = False


class Front:
    """The callable. Its state belongs to one event loop."""

    def __init__(
        self,
        application: Application,
        allow: Callable[[Environ], Allowance],
        may_wait: Callable[[Environ], bool] | None = None,
    ) -> None:
        """A front over a WSGI application.

        Args:
            application: answers requests whose bodies are there.
            allow: what the head of a request lets its sender send. May correct the environ's address.
            may_wait: whether that may take long, and is better asked in a thread; None: never.
        """
        self._application, self._allow, self._may_wait = application, allow, may_wait
        self._threads = Threads()
        self._bodies = Bodies()
        # There is no bound in all: the threads themselves are one, and quick requests pass through in milliseconds.
        running = Places(limits.MOST_CONNECTIONS, limits.THREADS_OF_ADDRESS, limits.THREADS_OF_CALLER)
        self._turns = Turns(running)
        self._streams_in = Places(limits.STREAMED_BODIES, limits.STREAMED_BODIES, limits.STREAMED_OF_CALLER)
        self._streams_out = Places(limits.STREAMED_ANSWERS, limits.STREAMED_ANSWERS, limits.ANSWERS_OF_CALLER)
        self._tally = Tally()
        self._ending = False
        self._quiet = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        if self._ending:
            await self._turn_away(send, 503, ENDING, Refusal.ENDING)
            return
        self._tally.under_way += 1
        try:
            await self._answer(build_environ(scope), receive, send)
        except SenderLeft:
            pass
        except BodyRefused as refused:
            reason = Refusal.BUSY if refused.status == 503 else Refusal.SLOW
            await self._turn_away(send, refused.status, str(refused), reason)
        except NoPlace:
            await self._turn_away(send, 503, BUSY, Refusal.BUSY)
        except StoreUnavailable as unavailable:
            await _refuse(send, 503, str(unavailable))
        except ApplicationFailed:
            await _refuse(send, 500, FAILED)
        finally:
            self._tally.under_way -= 1
            if not self._tally.under_way:
                self._quiet.set()

    def tally(self) -> Tally:
        """How it stands now."""
        self._tally.waiting = self._turns.waiting
        return self._tally

    async def drain(self, seconds: float = limits.DRAIN_SECONDS) -> None:
        """Answers what is under way and refuses the rest; returns when nothing is left, or the time is over."""
        self._ending = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._tally.under_way:
                    self._quiet.clear()
                    await self._quiet.wait()

    async def _turn_away(self, send: Send, status: int, message: str, reason: Refusal) -> None:
        self._tally.refused[reason] += 1
        await _refuse(send, status, message)

    async def _answer(self, environ: Environ, receive: Receive, send: Send) -> None:
        if self._may_wait is not None and self._may_wait(environ):
            allowance = await asyncio.to_thread(self._allow, environ)
        else:
            allowance = self._allow(environ)
        party = Party(environ["REMOTE_ADDR"], allowance.caller)
        if allowance.streamed:
            await self._run_while_it_comes(environ, party, allowance.body_bytes, receive, send)
            return
        if _brings_body(environ) and allowance.body_bytes:
            await self._take_body(environ, party, allowance.body_bytes, receive)
        await self._run(environ, party, receive, send)

    async def _take_body(self, environ: Environ, party: Party, limit_bytes: int, receive: Receive) -> None:
        """Puts the body into the environ; one that is too long stays unread, and its length says so."""
        environ.pop("HTTP_TRANSFER_ENCODING", None)  # what is handed on has a length
        if int(environ.get("CONTENT_LENGTH") or 0) > limit_bytes:
            return
        try:
            body = await self._bodies.read(receive, party, limit_bytes)
        except BodyTooLong:
            environ["CONTENT_LENGTH"] = str(limit_bytes + 1)
            return
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))

    async def _run_while_it_comes(
        self, environ: Environ, party: Party, limit_bytes: int, receive: Receive, send: Send
    ) -> None:
        try:
            self._streams_in.take(party)
        except NoPlace:
            raise BodyRefused(503, BUSY_STREAMS) from None
        pipe = environ["wsgi.input"] = Pipe(asyncio.get_running_loop())
        feeding = asyncio.create_task(self._feed(pipe, party, limit_bytes, receive))
        try:
            await self._run(environ, party, None, send)
        finally:
            feeding.cancel()
            pipe.end(NOT_WHOLE)
            self._streams_in.give_back(party)

    async def _feed(self, pipe: Pipe, party: Party, limit_bytes: int, receive: Receive) -> None:
        broken = ""
        try:
            await self._bodies.pass_on(receive, party, limit_bytes, pipe.put)
        except BodyTooLong:
            broken = f"The body is longer than {limit_bytes // limits.MIB} MB."
        except BodyRefused as refused:
            broken = str(refused)
        except SenderLeft:
            broken = NOT_WHOLE
        pipe.end(broken)

    async def _run(self, environ: Environ, party: Party, receive: Receive | None, send: Send) -> None:
        """Runs the application in a thread and sends what it answers."""
        answer = Answer(asyncio.get_running_loop())
        async with self._turns.one(party, limits.WAIT_SECONDS):
            self._threads.run(lambda: answer.make(self._application, environ))
            status, headers, body = await answer.started
            if body is None:
                await self._send_stream(answer, status, headers, party, receive, send)
                return
        await _send(send, status, headers, body)

    async def _send_stream(
        self, answer: Answer, status: int, headers: Headers, party: Party, receive: Receive | None, send: Send
    ) -> None:
        """Sends an answer piece by piece, as long as somebody takes the pieces."""
        watching = asyncio.create_task(_until_gone(receive)) if receive else None
        try:
            with self._streams_out.one(party):
                await send({"type": "http.response.start", "status": status, "headers": headers})
                while (piece := await answer.next_piece()) is not None:
                    if watching is not None and watching.done():
                        return
                    async with asyncio.timeout(limits.STALL_SECONDS):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except ApplicationFailed:
            LOG.warning("An answer broke off in the middle")
        except TimeoutError:
            LOG.info("Nobody took the answer for %.0f s; it was given up", limits.STALL_SECONDS)
        finally:
            answer.give_up()
            if watching is not None:
                watching.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _brings_body(environ: Environ) -> bool:
    return environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, status: int, message: str) -> None:
    """A refusal in the one error shape, on a connection that is then closed: what comes on it is not read."""
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", str(limits.RETRY_SECONDS).encode()))
    await _send(send, status, headers, orjson.dumps(problem_body(status, message)))
