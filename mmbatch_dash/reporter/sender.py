"""The thread that sends what waits in the spool, patiently, and never in the way of the job."""

import random
import threading
import time
from typing import Any, Dict, List, Mapping, Optional

from mmbatch_dash.reporter.refused import read_refusals, say_event_refused, say_field_refused, without_field
from mmbatch_dash.reporter.server import Answer, Server
from mmbatch_dash.reporter.spool import HEARTBEAT, REFUSED, Spool, Waiting

BATCH = 500
LOOK_SECONDS = 2.0
PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
_TAKEN = (200, 207, 422)
_BAD_BODY = (400, 413, 415)


class Sender:
    """Sends in its own thread; without a server everything stays in the spool.

    Attributes:
        last: the last answer, for whoever wants to say what is wrong.
        clock_ahead_seconds: how far this clock is ahead of the server's, from the last answer that told.
    """

    def __init__(self, spool: Spool, server: Optional[Server]) -> None:
        self._spool = spool
        self._server = server
        self._news = threading.Condition()
        self._pending = True
        self._idle = False
        self._stopping = False
        self.last: Optional[Answer] = None
        self.clock_ahead_seconds: Optional[float] = None
        self._thread = threading.Thread(target=self._run, name="report-sender", daemon=True)

    def start(self) -> None:
        """Begins with what others left."""
        self._thread.start()

    def wake(self) -> None:
        """Says that something new waits."""
        with self._news:
            self._pending = True
            self._idle = False
            self._news.notify_all()

    def flush(self, seconds: float) -> bool:
        """Waits until nothing is left, `seconds` at most; whether it is so. Without a server nothing will leave."""
        if self._server is None:
            return False
        end = time.monotonic() + seconds
        with self._news:
            self._stopping = True
            self._pending = True
            self._idle = False
            self._news.notify_all()
            while not self._idle and time.monotonic() < end:
                self._news.wait(max(0.0, end - time.monotonic()))
            return self._idle

    def send_once(self) -> bool:
        """Sends one batch; whether the server took it, or there was nothing to send."""
        waiting = self._spool.waiting(BATCH)
        for lost in [one for one in waiting if one.event is None]:
            self._spool.set_aside(lost)
        whole = [one for one in waiting if one.event is not None]
        return not whole or self._send(whole)

    def _send(self, waiting: List[Waiting]) -> bool:
        if self._server is None:
            return False
        events: List[Dict[str, Any]] = [one.event for one in waiting if one.event is not None]
        answer = self._server.post_events(events)
        self.last = answer
        if answer.clock_ahead_seconds is not None:
            self.clock_ahead_seconds = answer.clock_ahead_seconds
        told = answer.json()
        # Only the server's own words count: a captive page or a proxy also says 200.
        if answer.status in _TAKEN and isinstance(told, dict) and "accepted" in told:
            self._settle(waiting, read_refusals(told, len(waiting)))
            return True
        if answer.status in _BAD_BODY and isinstance(told, dict) and "statusCode" in told:
            if len(waiting) == 1:
                self._spool.set_aside(waiting[0])
                return True
            middle = len(waiting) // 2
            return self._send(waiting[:middle]) and self._send(waiting[middle:])
        return False

    def _settle(self, waiting: List[Waiting], refused: Mapping[int, str]) -> None:
        """Forgets what was taken. What was refused for one field goes again without it; the rest is put aside."""
        for place, one in enumerate(waiting):
            error = refused.get(place)
            if error is None or one.event is None:
                self._spool.forget(one)
                continue
            mended, name = without_field(one.event, error)
            if mended is not None and self._spool.put(mended):
                say_field_refused(self._spool.root, one.event, name, error)
                self._spool.forget(one)
                continue
            if one.event.get("type") != HEARTBEAT:
                say_event_refused(one.event, error, self._spool.root / REFUSED)
            self._spool.set_aside(one)

    def _run(self) -> None:
        failures = 0
        while True:
            with self._news:
                if not self._pending:
                    self._news.wait(LOOK_SECONDS)  # scripts under the wrapper put events into the spool too
                self._pending = False
            try:
                sent = self.send_once()
                more = sent and self._spool.count() > 0
            except Exception:  # noqa: BLE001 - a fault in here is never the job's
                sent, more = False, False
            with self._news:
                if sent and more:
                    self._pending = True
                elif sent:
                    failures = 0
                    self._idle = not self._pending
                    self._news.notify_all()
                else:
                    pause = PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)] * random.uniform(0.7, 1.3)  # noqa: S311 - no secret
                    failures += 1
                    self._news.wait(0.3 if self._stopping else pause)
                    self._pending = True
