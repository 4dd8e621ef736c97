"""A PostgreSQL server of the suite's own: in a temporary folder, on a free port, run by a user without rights."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.store.cluster.migrate import migrate
from mmbatch_dash.store.cluster.postgres import Postgres

LIBRARIES = Path("/usr/lib/postgresql")
UNPRIVILEGED = "postgres", "nobody"
# What is lost with a machine is of no matter here, and what is written to disk need not wait for it.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100", "shared_buffers=64MB")


@contextmanager
def serving_migrated(name: str, settings: Sequence[str] = FAST) -> "Iterator[PostgresServer]":
    """A server that runs as long as the block, with a migrated database; without PostgreSQL the test is skipped."""
    if (programs := find_programs()) is None:
        pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
    # Not below a folder of root's, where the user it runs as could not go.
    with tempfile.TemporaryDirectory(prefix="mmbatch-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = PostgresServer(programs, Path(folder) / "server", settings=settings)
        server.start()
        try:
            postgres = Postgres(server.make_database(name))
            migrate(postgres)
            postgres.close()
            yield server
        finally:
            server.stop()


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs, Debian's newest first; None where there is none."""
    found = sorted(LIBRARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).parent if elsewhere else None


class PostgresServer:
    """A server in a folder.

    Attributes:
        port: on the loopback address.
    """

    def __init__(self, programs: Path, folder: Path, *, settings: Sequence[str] = FAST) -> None:
        """Makes its files; `start` starts it."""
        self._programs = programs
        self._folder = folder
        self._settings = settings
        self.port = _free_port()
        self._account: dict[str, Any] = _choose_account()
        folder.mkdir(parents=True, exist_ok=True)
        if self._account:
            shutil.chown(folder, self._account["user"], self._account["group"])
        data = folder / "data"
        self._run("initdb", "-D", str(data), "-U", "mmbatch", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        """Starts it, and returns once it answers."""
        options = " ".join(f"-c {setting}" for setting in self._settings)
        options += f" -c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self._folder}"
        log, data = self._folder / "log", self._folder / "data"
        self._run("pg_ctl", "-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stops it; by itself as a machine that loses its power would."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", mode, "stop")

    def address(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://mmbatch@127.0.0.1:{self.port}/{database}"

    def make_database(self, name: str, template: str = "template1") -> str:
        """Makes a database; its address comes back."""
        import psycopg

        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.address(name)

    def drop_database(self, name: str) -> None:
        """Drops a database, whoever is still connected to it."""
        import psycopg

        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def _run(self, program: str, *arguments: str) -> None:
        # Not captured: what the server inherits it would hold open.
        with (self._folder / "said").open("ab") as said:
            done = subprocess.run(
                [str(self._programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd="/",
                **self._account,
            )
        if done.returncode:
            raise RuntimeError(f"{program}: {(self._folder / 'said').read_text(errors='replace')[-2000:]}")


def _choose_account() -> dict[str, Any]:
    """Whom to run it as, where this is root: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    for name in UNPRIVILEGED:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError("no user without rights on this machine to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
