"""Load from a process of its own: `python -m bench.load` posts events over kept connections and prints what it took.

One thread over raw sockets with all requests made beforehand, so that it costs the server as little as may be.
"""

import argparse
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.server import HOST, PROJECT, Server

ONE, MANY = "application/cloudevents+json", "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Load:
    """Events of a file to post.

    Attributes:
        file: one event a line.
        first, count: which of them.
        per_request: how many in one body.
        connections: how many requests are under way at a time.
    """

    file: Path
    first: int
    count: int
    per_request: int
    connections: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What it took.

    Attributes:
        events: posted and accepted.
        seconds: from the first byte sent to the last answer.
        p95_seconds: of one request.
    """

    events: int
    requests: int
    seconds: float
    p95_seconds: float

    @property
    def events_per_second(self) -> float:
        """Throughput."""
        return self.events / self.seconds


def post(server: Server, load: Load) -> Taken:
    """Posts a load from another process and waits for it."""
    arguments = [str(load.file), *map(str, (load.first, load.count, load.per_request, load.connections, server.port))]
    command = [sys.executable, "-m", "bench.load", *arguments]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    return Taken(**json.loads(done.stdout))


def main() -> None:
    """Posts what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    for name in ("first", "count", "per_request", "connections", "port"):
        parser.add_argument(name, type=int)
    given = vars(parser.parse_args())
    port = given.pop("port")
    load = Load(**given)
    requests = list(_requests(load))
    began = time.perf_counter()
    took = sorted(_send_all(requests, load.connections, port))
    seconds = time.perf_counter() - began
    p95 = took[int(0.95 * (len(took) - 1))]
    print(json.dumps({"events": load.count, "requests": len(took), "seconds": seconds, "p95_seconds": p95}))


def _requests(load: Load) -> Iterator[bytes]:
    with load.file.open("rb") as file:
        lines = islice(file, load.first, load.first + load.count)
        while some := [line.rstrip() for line in islice(lines, load.per_request)]:
            body = some[0] if load.per_request == 1 else b"[" + b",".join(some) + b"]"
            media = ONE if load.per_request == 1 else MANY
            head = f"POST /api/v1/events HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {media}\r\n"
            yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _send_all(requests: list[bytes], connections: int, port: int) -> Iterator[float]:
    """Seconds of each request, as answers come.

    Raises:
        RuntimeError: an answer was not 200.
    """
    selector = selectors.DefaultSelector()
    waiting = iter(requests)
    answers: dict[socket.socket, bytes] = {}
    sent_at: dict[socket.socket, float] = {}
    for request in islice(waiting, connections):
        connection = socket.create_connection((HOST, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        sent_at[connection], answers[connection] = time.perf_counter(), b""
        connection.sendall(request)
    under_way = len(answers)
    while under_way:
        for key, _ in selector.select():
            connection = key.fileobj  # type: ignore[assignment]
            answers[connection] += connection.recv(65_536)
            if not _is_whole(answers[connection]):
                continue
            yield time.perf_counter() - sent_at[connection]
            if (following := next(waiting, None)) is None:
                under_way -= 1
                selector.unregister(connection)
                connection.close()
            else:
                sent_at[connection], answers[connection] = time.perf_counter(), b""
                connection.sendall(following)


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        if not answer:
            raise RuntimeError("the server closed a connection")
        return False
    if head[9:12] != b"200":
        raise RuntimeError(f"the server answered {answer[:500]!r}")
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return len(body) >= int(length)


if __name__ == "__main__":
    main()
