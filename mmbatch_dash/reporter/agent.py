"""`agent`: one per node. Says that it is there, what EC2 announces, fetches the configuration for the jobs."""

import signal
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence

from mmbatch_dash.reporter import names
from mmbatch_dash.reporter.dead_runs import tell_end
from mmbatch_dash.reporter.diagnosis import hand_in, owed_logs
from mmbatch_dash.reporter.events import build_event, stamp
from mmbatch_dash.reporter.instance import Imds, Notice
from mmbatch_dash.reporter.logs import Logs
from mmbatch_dash.reporter.marks import ALIVE_SECONDS, marks_of
from mmbatch_dash.reporter.policy import SHORTEST_POLL_SECONDS, ConfigPoll, decide
from mmbatch_dash.reporter.sender import Sender
from mmbatch_dash.reporter.server import Server
from mmbatch_dash.reporter.spool import Spool, find_spool
from mmbatch_dash.reporter.who import host_name, is_gone

LAST_WORD_SECONDS = 2.0
CONFIG_FILE = "config.json"


class Agent:
    """The node's own voice. Marks of jobs whose processes are gone from this node are ended by it."""

    def __init__(
        self,
        environment: Mapping[str, str],
        server: Optional[Server],
        node_id: Optional[str],
        queue: Optional[str],
        config_file: Optional[str],
        facts: Mapping[str, Any],
        logs: Sequence[str] = (),
    ) -> None:
        self._environment = environment
        self._imds = Imds(environment)
        instance = self._imds.read_instance()
        self.node_id = node_id or instance.instance_id or host_name()
        self.source = "reporter/" + (instance.instance_id or host_name())
        self._facts: Dict[str, Any] = {"node_id": self.node_id, **instance.facts, **facts}
        root = find_spool(environment)
        self._spool = Spool(root, "node " + self.node_id)
        self._server = server
        self._sender = Sender(self._spool, server)
        kept = Path(config_file or environment.get(names.CONFIG) or root / CONFIG_FILE)
        self.poll = ConfigPoll(server, self.node_id, queue, kept)
        told = [pattern for pattern in environment.get(names.LOGS, "").split(":") if pattern]
        self._logs = Logs(server, self.node_id, [*told, *logs])
        self._nonce = uuid.uuid4().hex[:12]
        self._number = 0
        self._stopping = threading.Event()

    def run(self) -> int:
        """Works until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        self._sender.start()
        self.poll.read_kept()
        self.poll.poll()
        self.tell("node.registered", self._facts)
        for step in (self._watch_notices, self._send_logs):
            threading.Thread(target=step, name="agent" + step.__name__, daemon=True).start()
        while not self._stopping.wait(max(SHORTEST_POLL_SECONDS, self.heartbeat_seconds())):
            self.tell("node.heartbeat", {**self._facts, "job_ids": self.living_jobs()})
            self.poll.poll()
        self.tell("node.stopped", {"node_id": self.node_id, "instance_id": self._facts.get("instance_id")})
        self._sender.flush(LAST_WORD_SECONDS)
        self._logs.send_changed(self.poll.config)
        return 0

    def heartbeat_seconds(self) -> float:
        """From one sign of life to the next, as configured."""
        return decide({}, self.poll.config).heartbeat_seconds

    def living_jobs(self) -> "list[str]":
        """Jobs with a fresh mark here; runs whose process is gone from this node are told to have ended."""
        living = []
        for mark in marks_of(self._spool.root):
            if is_gone(mark.told.get("home") or {}):
                if tell_end(self._spool, mark):
                    self._sender.wake()
            else:
                living.append(str(mark.told["job_id"]))
        return sorted(set(living))

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """Puts an event of this node into the spool."""
        self._number += 1
        identity = f"{self.node_id}/{self._nonce}/{kind}/{self._number}"
        if self._spool.put(build_event(kind, self.source, identity, data, time=stamp())):
            self._sender.wake()

    def _send_logs(self) -> None:
        while not self._stopping.wait(max(SHORTEST_POLL_SECONDS, self.heartbeat_seconds())):
            with suppress(Exception):  # a fault in here must not end the notices
                self._logs.send_changed(self.poll.config)
            for log in owed_logs(self._spool.root):
                hand_in(self._server, log)

    def _watch_notices(self) -> None:
        told: Optional[Notice] = None
        while not self._stopping.is_set():
            notice = self._imds.read_notice()
            instance_id = self._facts.get("instance_id")
            if notice is not None and notice != told and instance_id:
                told = notice
                kind, action, due = notice
                data = {"instance_id": instance_id, "kind": kind, "action": action, "action_at": due}
                self.tell("instance.reclaim_notice", data)
                if kind == "interruption":
                    for mark in marks_of(self._spool.root):
                        mark.save(noticed=True)
            time.sleep(ALIVE_SECONDS)
