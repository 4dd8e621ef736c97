"""Documents as files of the data directory: replaced whole, one writer at a time, also between processes."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.config.file import exclusive, read_signature, sync_folder
from mmbatch_dash.store.documents.change_count import ChangeCount
from mmbatch_dash.store.documents.file_log import FileLog
from mmbatch_dash.store.documents.interface import Kept, Outdated
from mmbatch_dash.store.documents.sessions import SessionTable

SECRETS = "secrets"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


class FileDocuments:
    """The files of a data directory.

    Those in `secrets` are only their owner's, and commands change them beside a running server; all others are changed
    by the process that holds the data directory.

    Attributes:
        look_seconds: a file is looked at this often though nobody said that it changed, as after an edit by hand.
        sessions: the server's own memory keeps them.
        changes: how often a document was changed; None where the disk must be asked each time.
    """

    look_seconds = 1.0
    sessions: SessionTable | None = None

    def __init__(self, data_dir: Path) -> None:
        """Args: data_dir: need not be there yet."""
        self._folder = data_dir
        self._count = ChangeCount(data_dir / SECRETS)
        self._mutex = threading.Lock()
        # The very method: it is asked at every request.
        self.changes: Callable[[], int | None] = self._count.now

    def look(self) -> None:
        """Opens the count of changes, anew if the folder was replaced."""
        self._count.look()

    def version(self, name: str) -> str | None:
        """What tells cheaply whether the file is another than before."""
        signature = read_signature(self._folder / name)
        return None if signature is None else f"{signature.inode}-{signature.size}-{signature.modified_ns}"

    def read(self, name: str) -> Kept | None:
        """The file."""
        path = self._folder / name
        version = self.version(name)
        if version is None:
            return None
        try:
            return Kept(path.read_bytes(), version)
        except OSError as error:
            raise StoreUnavailable(f"{path} cannot be read: {error.strerror or error}.") from None

    def write(self, name: str, content: bytes, expected: str | None) -> str:
        """Replaces the file; a crash at any moment leaves the old one or the new one."""
        path = self._folder / name
        with self._writing(path):
            if self.version(name) != expected:
                raise Outdated(f"{path} was changed at this moment. Nothing was changed; try again.")
            _replace(path, content)
            self._count.add()
            return self.version(name) or ""

    def history(self, name: str) -> list[bytes] | None:  # noqa: ARG002 - it is so of every document
        """None: config.yaml has a history of its own, and nothing else has one."""
        return None

    def place(self, name: str) -> str:
        """Its path."""
        return str(self._folder / name)

    def log(self, name: str) -> FileLog:
        """The log in `NAME.jsonl`."""
        return FileLog(self._folder / f"{name}.jsonl")

    def close(self) -> None:
        """Nothing: files are opened when they are needed."""

    @contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        with self._mutex:
            if path.parent.name != SECRETS:
                yield
                return
            private_folder(path.parent)
            with exclusive(path.with_suffix(".lock")):
                yield


def private_folder(folder: Path) -> Path:
    """The folder, made if missing and closed to everybody but its owner."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    folder.chmod(PRIVATE_FOLDER)
    return folder


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".new")
    try:
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            _follow(path, file.fileno())
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be written: {error.strerror}. Nothing was changed.") from None


def _follow(path: Path, handle: int) -> None:
    """Dates a new file after the old one: inode and size come back, and the clock of a disk ticks coarsely."""
    old = read_signature(path)
    if old is not None and os.fstat(handle).st_mtime_ns <= old.modified_ns:
        os.utime(handle, ns=(old.modified_ns + 1, old.modified_ns + 1))
