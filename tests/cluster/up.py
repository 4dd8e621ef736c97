"""`make cluster`: two servers on one PostgreSQL and a small balancer before them, on this machine, until Ctrl-C.

To look at, and to take down a part of: it says what runs where. What it holds is gone at the end.
"""

import asyncio
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from mmbatch_dash.store.cluster.migrate import migrate
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.cluster.test_kills import DURABLE, VARIABLE
from tests.endurance.server import Server
from tests.postgres import PostgresServer, find_programs

SERVERS = 2
PORT = int(os.environ.get("CLUSTER_PORT", "8090"))


async def balance(ports: list[int], port: int) -> None:
    """Hands each connection to the next server that takes it, for ever."""
    turn = 0

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal turn
        for _ in ports:
            turn = (turn + 1) % len(ports)
            with suppress(OSError):
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", ports[turn])
                await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer))
                return
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", port) as server:
        await server.serve_forever()


def main() -> None:
    """Brings it up, says where it is, and takes it down."""
    if (programs := find_programs()) is None:
        sys.exit("There is no PostgreSQL on this machine: apt-get install postgresql")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mmbatch-cluster-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        database = PostgresServer(programs, folder / "postgres", settings=DURABLE)
        database.start()
        servers: list[Server] = []
        try:
            address = database.make_database("fleet")
            postgres = Postgres(address)
            migrate(postgres)
            postgres.close()
            for number in range(1, SERVERS + 1):
                environ = {VARIABLE: address, "MMBATCH_DASH__ADDR": f"http://127.0.0.1:{PORT}"}
                servers.append(Server(folder / f"server-{number}", folder / f"server-{number}.log", **environ))
            for server in servers:
                server.wait_until_up()
            say(f"balancer    http://127.0.0.1:{PORT}")
            for server in servers:
                say(f"server      http://127.0.0.1:{server.port}  process {server.process.pid}  log {server.log}")
            say(f"database    {address}")
            with suppress(KeyboardInterrupt):
                asyncio.run(balance([server.port for server in servers], PORT))
        finally:
            for server in servers:
                server.kill()
            database.stop("fast")


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
