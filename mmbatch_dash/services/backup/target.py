"""Where backups are kept: objects by name, in a folder or a bucket."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from mmbatch_dash.domain.errors import MmbatchDashError

SCHEME = "s3://"


class Target(Protocol):
    """Objects by name; names have slashes."""

    def sizes(self) -> dict[str, int]:
        """Every object and its size in bytes."""

    def put(self, name: str, source: BinaryIO) -> None:
        """Keeps what `source` gives under a name, wholly or not at all."""

    def open(self, name: str) -> BinaryIO:
        """An object to read; the caller closes it."""

    def remove(self, name: str) -> None:
        """Takes an object away."""


def open_target(place: str, *, must_exist: bool = False) -> Target:
    """The target that `DIR` or `s3://bucket/prefix` names.

    Raises:
        MmbatchDashError: it cannot be used, with the reason.
    """
    if place.startswith(SCHEME):
        # boto3 takes a third of a second, and only a bucket needs it.
        from mmbatch_dash.adapters.aws.bucket import Bucket

        return Bucket.of(place)
    folder = Path(place).expanduser().absolute()
    if must_exist and not folder.is_dir():
        raise MmbatchDashError(f"There is no backup at {folder}.")
    with _named(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Folder(folder)


class Folder:
    """Objects as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sizes(self) -> dict[str, int]:
        """Every object and its size in bytes."""
        with _named(self._folder):
            files = [path for path in self._folder.rglob("*") if path.is_file() and path.suffix != ".part"]
            return {path.relative_to(self._folder).as_posix(): path.stat().st_size for path in files}

    def put(self, name: str, source: BinaryIO) -> None:
        """Keeps what `source` gives under a name, durably."""
        path = self._folder / name
        part = path.with_name(f"{path.name}.part")
        with _named(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with part.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)

    def open(self, name: str) -> BinaryIO:
        """An object to read."""
        with _named(self._folder / name):
            return (self._folder / name).open("rb")

    def remove(self, name: str) -> None:
        """Takes an object away."""
        with _named(self._folder / name):
            (self._folder / name).unlink(missing_ok=True)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MmbatchDashError(f"The backup at {path} cannot be used: {error.strerror or error}.") from None
