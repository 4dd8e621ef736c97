"""The reporter beside one job: what it tells, when it saves, and what it does with signals."""

import os
import signal
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

from mmbatch_dash.reporter import images, names
from mmbatch_dash.reporter.child import End, wait_beside
from mmbatch_dash.reporter.diagnosis import Diagnosis, hand_in, owed_logs
from mmbatch_dash.reporter.engine import Engine
from mmbatch_dash.reporter.instance import Imds, read_container
from mmbatch_dash.reporter.marks import ALIVE_SECONDS, last_attempt
from mmbatch_dash.reporter.policy import SHORTEST_POLL_SECONDS, ConfigPoll, Policy, decide
from mmbatch_dash.reporter.sender import Sender
from mmbatch_dash.reporter.server import Server
from mmbatch_dash.reporter.spool import Spool, find_spool
from mmbatch_dash.reporter.teller import Teller
from mmbatch_dash.reporter.watch import Watch
from mmbatch_dash.reporter.who import Job, host_name

LAST_WORD_SECONDS = 1.5
RECOVER_SECONDS = 5.0
LAST_CHECKPOINT_SECONDS = 90.0
"""How long a SIGTERM is held back while a checkpoint is made first, where the configuration asks for one."""


class RunOptions(NamedTuple):
    """What the command line says.

    Attributes:
        facts: further fields of job.started, such as vcpus.
        interval: seconds between checkpoints, over everything else.
    """

    server: Optional[str]
    token_file: Optional[str]
    interval: Optional[float]
    checkpoint_command: Optional[str]
    checkpoint_path: Optional[str]
    restore_command: Optional[str]
    watch: Optional[str]
    facts: Mapping[str, Any]


class Wrapper:
    """The reporter beside one child."""

    def __init__(self, job: Job, options: RunOptions, environment: Mapping[str, str]) -> None:
        self._options = options
        spool = Spool(find_spool(environment, options.checkpoint_path), job.job_id)
        attempt = job.attempt or last_attempt(spool.root, job.job_id) + 1
        nonce = uuid.uuid4().hex[:12]
        url = options.server or environment.get(names.SERVER)
        server = Server(url, names.read_token(environment, options.token_file)) if url else None
        self._spool_root, self._server = spool.root, server
        self._sender = Sender(spool, server)
        self._imds = Imds(environment)
        self._teller = Teller(spool, self._sender, job.job_id, attempt, nonce, self._imds.read_instance)
        self._teller.checkpoint_path = os.path.abspath(options.checkpoint_path) if options.checkpoint_path else None
        self._job = job
        self._poll = ConfigPoll(server, host_name(), job.queue)
        self._base = environment
        self.environment: Dict[str, str] = {
            **environment,
            names.RUN: nonce,
            names.JOB: job.job_id,
            names.ATTEMPT: str(attempt),
            names.SPOOL: str(spool.root),
            names.RESTORED: "0",
        }
        if url:
            self.environment[names.SERVER] = url
        if options.token_file:
            self.environment[names.TOKEN_FILE] = os.path.abspath(options.token_file)
        if options.checkpoint_path:
            self.environment[names.CHECKPOINT_PATH] = options.checkpoint_path
        self._diagnosis = Diagnosis(spool.root, job.job_id, server, lambda: self.policy().diagnosis, self._node_id)
        self.engine = Engine(
            self._teller,
            self.environment,
            options.checkpoint_command,
            options.restore_command,
            options.checkpoint_path,
            self._diagnosis,
        )
        self._watch = Watch(self._teller, options.watch) if options.watch else None
        self._due = threading.Condition()
        self._at_once = False
        self._over = False
        self._noticed = False
        self.got_term = False
        self.ended_early = False

    def _node_id(self) -> str:
        return self._teller.instance.instance_id or host_name()

    def policy(self) -> Policy:
        """What is in force now."""
        return decide(self._base, self._poll.config, self._options.interval)

    def begin(self) -> None:
        """Starts the threads, and says that the attempt began."""
        path = self._options.checkpoint_path
        if path:  # in a thread of its own: storage that hangs holds the job up no longer than this
            recovering = threading.Thread(target=safely, args=(lambda: images.recover(path),), daemon=True)
            recovering.start()
            recovering.join(RECOVER_SECONDS)
        for start in (self._sender.start, self._teller.start, self._learn):
            safely(start)
        if path:
            self._teller.take_up(path)
        interval = self.policy().interval_seconds
        facts = {**read_container(self._base), "checkpoint_interval_seconds": interval, **self._options.facts}
        self._teller.tell("job.started", 0, {"queue": self._job.queue, **facts}, on_machine=True)
        if interval is not None:
            self.environment[names.INTERVAL_SECONDS] = f"{interval:g}"
        self._run_beside([self._stay_alive, self._keep_polling, self._hand_in_what_is_owed])

    def restore(self) -> List[int]:
        """Restores if there is a checkpoint; signals that came meanwhile, the last of which may have ended it."""
        if not self.engine.may_restore():
            return []

        def work() -> None:
            if self.engine.restore():
                self.environment[names.RESTORED] = "1"

        restoring = threading.Thread(target=safely, args=(work,), name="report-restore", daemon=True)
        restoring.start()
        came = wait_beside(restoring)
        if restoring.is_alive():
            self.ended_early = True
            self.engine.stop()
            restoring.join(1.0)
        return came

    def _learn(self) -> None:
        """Takes the configuration left on disk, and asks for it, a second at most."""
        kept = self._base.get(names.CONFIG)
        if kept:
            self._poll.read_kept(Path(kept))
        first = threading.Thread(target=safely, args=(self._poll.poll,), name="report-config", daemon=True)
        first.start()
        first.join(1.0)

    def attend(self, child: int) -> None:
        """Looks after a child that runs."""
        self.engine.set_child(child)
        if self._options.checkpoint_command:
            self._run_beside([self._take_checkpoints])
        if self._watch:
            safely(self._watch.start)

    def _run_beside(self, steps: List[Callable[[], None]]) -> None:
        for step in steps:
            beside = threading.Thread(target=safely, args=(step,), name="report" + step.__name__, daemon=True)
            safely(beside.start)

    def on_signal(self, number: int, forward: Callable[[], None]) -> None:
        """Forwards a signal, after a checkpoint where the configuration asks for one before the end."""
        if number == signal.SIGTERM:
            self.got_term = True
            with suppress(Exception):
                policy = self.policy()
                if self._options.checkpoint_command and policy.on_sigterm and policy.interval_seconds is not None:
                    threading.Thread(target=self._checkpoint_then, args=(forward,), daemon=True).start()
                    return
        forward()

    def finish(self, end: End, *, sent_term: bool) -> None:
        """Tells the end, and gives the last events a moment to leave."""
        with self._due:
            self._over = True
            self._due.notify_all()
        self.engine.stop()
        if self._watch:
            safely(self._watch.stop)
        usage = {"cpu_seconds": round(end.cpu_seconds, 3), "memory_mib_max": round(end.memory_mib, 3)}
        self._teller.tell("job.usage", 0, usage)
        by_term = end.signal == signal.SIGTERM or end.exit_code == 128 + signal.SIGTERM
        if end.exit_code == 0:
            self._teller.tell("job.succeeded", 0, {"exit_code": 0})
        elif self._noticed and (by_term or sent_term):
            self._teller.tell("job.interrupted", 0, {"reason": "reclaimed", "exit_code": end.exit_code})
        else:
            reason = f"signal {end.signal}" if end.signal is not None else None
            self._teller.tell("job.failed", 0, {"exit_code": end.exit_code, "reason": reason})
        self._teller.end_mark()
        began = time.monotonic()
        self._teller.flush(LAST_WORD_SECONDS)
        self._diagnosis.wait(began + LAST_WORD_SECONDS - time.monotonic())

    def _checkpoint_then(self, forward: Callable[[], None]) -> None:
        making = threading.Thread(target=safely, args=(self.engine.checkpoint,), daemon=True)
        making.start()
        making.join(LAST_CHECKPOINT_SECONDS)
        forward()

    def _stay_alive(self) -> None:
        told = None
        while not self._over:
            notice = self._imds.read_notice()
            if notice is not None and notice != told:
                told = notice
                kind, action, due = notice
                self._teller.tell("instance.reclaim_notice", kind, {"kind": kind, "action": action, "action_at": due})
                if kind == "interruption":
                    self._noticed = True
                    self._teller.mark(noticed=True)
                    with self._due:
                        self._at_once = True
                        self._due.notify_all()
            self._teller.mark()
            time.sleep(ALIVE_SECONDS)

    def _keep_polling(self) -> None:
        while not self._over:
            time.sleep(max(SHORTEST_POLL_SECONDS, self.policy().heartbeat_seconds))
            self._poll.poll()
            with self._due:
                self._due.notify_all()

    def _hand_in_what_is_owed(self) -> None:
        """Logs of jobs whose server was away when they ended."""
        while not self._over:
            left = [log for log in owed_logs(self._spool_root) if not hand_in(self._server, log)]
            if not left and self._server is None:
                return
            time.sleep(max(SHORTEST_POLL_SECONDS, self.policy().heartbeat_seconds))

    def _take_checkpoints(self) -> None:
        last = time.monotonic()
        while True:
            with self._due:
                while not self._over and not self._at_once:
                    seconds = self.policy().interval_seconds
                    left = None if seconds is None else last + seconds - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    self._due.wait(left)
                if self._over:
                    return
                self._at_once = False
                if self.policy().interval_seconds is None:  # a notice came, and checkpoints are switched off
                    continue
            last = time.monotonic()
            self.engine.checkpoint()


def safely(step: Callable[[], Any]) -> None:
    """A fault in here is never the job's."""
    with suppress(Exception):
        step()
