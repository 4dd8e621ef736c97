"""One lock on a data directory for whoever writes to it: a server, an import, a rebuild."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from mmbatch_dash.domain.errors import StoreUnavailable

FILE = "lock"
PRIVATE = 0o077
"""Nobody but the owner reads what is made in a data directory."""


class DataLock:
    """The right to write to a data directory; the system takes it back when the process that holds it ends."""

    def __init__(self, handle: int) -> None:
        """Holds an open, locked file."""
        self._handle: int | None = handle

    def release(self) -> None:
        """Gives the right up; again, nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

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
        os.close(handle)
        holder = read_holder(data_dir)
        raise StoreUnavailable(
            f"The data directory {data_dir} is in use by process {holder or 'of another host'}{_named(holder)}. "
            "Stop it first, or ask the server through its API."
        ) from None
    with suppress(OSError):  # a full disk: the lock holds, only its holder cannot be named
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return DataLock(handle)


def read_holder(data_dir: Path) -> int:
    """The process that took the lock last; 0 where that cannot be read."""
    with suppress(OSError, ValueError):
        return int((data_dir / FILE).read_text(encoding="ascii").split()[0])
    return 0


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
