"""config.yaml on disk: read with its signature, replaced whole or not at all, one writer at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmbatch_dash.domain.config import ConfigRefused, Problem
from mmbatch_dash.domain.errors import StoreUnavailable

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Signature:
    """What tells cheaply whether a file is another than before."""

    inode: int
    size: int
    modified_ns: int


def read_signature(path: Path) -> Signature | None:
    """The signature of a file; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return Signature(status.st_ino, status.st_size, status.st_mtime_ns)


def read_text(path: Path) -> str:
    """The text of a configuration file, without a byte order mark.

    Raises:
        ConfigRefused: not readable, or not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as error:
        raise ConfigRefused([Problem("", f"is not UTF-8 at byte {error.start}")], file=path.name) from None
    except OSError as error:
        raise ConfigRefused([Problem("", f"cannot be read: {error.strerror}")], file=path.name) from None


def replace_text(path: Path, text: str) -> None:
    """Replaces a file by this text, durably; a crash at any moment leaves the old one or the new one.

    Raises:
        StoreUnavailable: the folder cannot be written; the old file stands.
    """
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StoreUnavailable(f"{path} cannot be written: {error.strerror}. Nothing was changed.") from None


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new file in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_leftovers(path: Path) -> None:
    """Removes temporary files that a crash left beside a configuration file. Only under the lock."""
    for leftover in path.parent.glob(f".{path.name}.*.new"):
        leftover.unlink(missing_ok=True)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Holds a lock file against other processes: the command line may run beside a server."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
