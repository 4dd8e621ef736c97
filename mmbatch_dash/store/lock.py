"""One lock on a data directory for whoever writes to it: a server, an import, a rebuild."""

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from mmbatch_dash.domain.errors import StoreUnavailable

FILE = "lock"
TOKEN_VARIABLE = "MMBATCH_DASH_LOCK"  # noqa: S105 - names whose child a process is, and opens nothing
"""Tells the processes that a server starts that the lock is held on their behalf."""
PRIVATE = 0o077
"""Nobody but the owner reads what is made in a data directory."""


class DataLock:
    """The right to write to a data directory; the system takes it back when the process that holds it ends."""

    def __init__(self, handle: int | None) -> None:
        """Holds an open, locked file; or nothing, where a parent process holds the lock."""
        self._handle = handle

    def release(self) -> None:
        """Gives the right up; again, nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            os.environ.pop(TOKEN_VARIABLE, None)

    def __enter__(self) -> "DataLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def hold(data_dir: Path) -> DataLock:
    """The lock on a data directory, which is made if it is not there; what this process makes from now on is private.

    Raises:
        StoreUnavailable: another process holds it, or the folder cannot be written to.
    """
    os.umask(PRIVATE)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(data_dir / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unusable(data_dir, error) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder, token = read_holder(data_dir)
        os.close(handle)
        if token and token == os.environ.get(TOKEN_VARIABLE) and holder != os.getpid():
            return DataLock(None)
        raise StoreUnavailable(
            f"The data directory {data_dir} is in use by process {holder or 'of another host'}{_named(holder)}. "
            "Stop it first, or ask the server through its API."
        ) from None
    token = secrets.token_hex(8)
    with suppress(OSError):  # a full disk: the lock holds, only its holder cannot be named
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} {token}\n".encode(), 0)
    os.environ[TOKEN_VARIABLE] = token
    return DataLock(handle)


def read_holder(data_dir: Path) -> tuple[int, str]:
    """Process and token of whoever took the lock last; 0 and "" where that cannot be read."""
    with suppress(OSError, ValueError):
        number, _, token = (data_dir / FILE).read_text(encoding="ascii").strip().partition(" ")
        return int(number), token
    return 0, ""


def unusable(data_dir: Path, error: OSError) -> StoreUnavailable:
    """What to say of a data directory that cannot be written to."""
    return StoreUnavailable(
        f"The data directory {data_dir} cannot be used: {error.strerror or error}. "
        f"It must be a folder that user {os.geteuid()} may read and write; name another one with --data-dir."
    )


def _named(process: int) -> str:
    with suppress(OSError):
        command = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        return f" ({command[:120]})" if command else ""
    return ""
