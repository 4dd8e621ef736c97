"""`import`: files of other systems → journal → tables, here or by the server that holds the store."""

import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sys import stdin
from tempfile import TemporaryDirectory
from typing import IO

import typer
from rich.progress import Progress, TaskID

from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.commands.running import RunningServer
from mmbatch_dash.commands.store_access import open_or_find
from mmbatch_dash.commands.tuning import sharing_time
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError
from mmbatch_dash.domain.selection import parse_zone
from mmbatch_dash.services import Services
from mmbatch_dash.services.imported import HowToRead, ImportedFile, take_file
from mmbatch_dash.services.intake import IMPORT_COMMAND
from mmbatch_dash.settings import Settings

STANDARD_INPUT = Path("-")
Told = Callable[[int], None]
"""Told how many bytes of a file have been read."""
Import = Callable[[Path, Told], ImportedFile]


def run_import(settings: Settings, paths: Sequence[Path], *, format_name: str | None, timezone: str) -> None:
    """Imports files and says what became of their lines; one that cannot be read does not stop the others.

    Raises:
        MmbatchDashError: a file is missing, or some could not be imported (after the others are in).
    """
    how = HowToRead(format_name, parse_zone(timezone))
    unread: list[str] = []
    with _files(paths) as files:
        with _importer(settings, how, timezone) as take, progress_bar() as progress:
            for file in files:
                task = progress.add_task(file.name, total=file.stat().st_size)
                try:
                    _report(take(file, _telling(progress, task)))
                except (InvalidInput, OSError) as error:
                    typer.echo(f"{file.name}: not imported: {_reason(error)}", err=True)
                    unread.append(file.name)
        if unread:
            raise MmbatchDashError(
                f"{len(unread)} of {len(files)} files could not be imported: {', '.join(unread[:20])}."
            )


@contextmanager
def _importer(settings: Settings, how: HowToRead, timezone: str) -> Iterator[Import]:
    store = open_or_find(settings)
    if isinstance(store, RunningServer):
        yield _by_server(store, how, timezone)
        return
    try:
        intake = store.intake.of(IMPORT_COMMAND)
        with sharing_time(), _folding(store):
            yield lambda file, told: take_file(intake, file, how, progress=told)
    finally:
        store.close()


@contextmanager
def _folding(services: Services) -> Iterator[None]:
    """Folds beside the reading: the one is Python's work and the other DuckDB's, so each has a core."""
    services.worker.start()
    yield
    services.worker.stop()
    services.fold.fold_all()


def _by_server(server: RunningServer, how: HowToRead, timezone: str) -> Import:
    asked = {"timezone": timezone, **({"format": how.format} if how.format else {})}

    def send(file: Path, told: Told) -> ImportedFile:
        with file.open("rb") as opened:
            watched: IO[bytes] = _Watched(opened, told)  # type: ignore[assignment] # it is read, no more
            said = server.send_file("/api/v1/import", {**asked, "name": file.name}, watched, file.stat().st_size)
        [one] = said["files"]
        reasons = (one["first_reason"],) if one["first_reason"] else ()
        return ImportedFile(**one, reasons=reasons)

    return send


class _Watched(io.RawIOBase):
    """A file that says how far it has been read."""

    def __init__(self, file: IO[bytes], told: Told) -> None:
        super().__init__()
        self._file, self._told, self._done = file, told, 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self._done += len(piece)
        self._told(self._done)
        return piece


@contextmanager
def _files(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Every file of the paths, those of folders one by one; standard input as a file of its own."""
    with TemporaryDirectory(prefix="mmbatch_dash-") as folder:
        yield [file for path in paths for file in _files_of(path, Path(folder))]


def _files_of(path: Path, folder: Path) -> list[Path]:
    if path == STANDARD_INPUT:
        received = folder / "standard-input"
        with received.open("wb") as file:
            shutil.copyfileobj(stdin.buffer, file)
        return [received]
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    if not path.is_file():
        raise MmbatchDashError(f"There is no file {path}.")
    return [path]


def _report(file: ImportedFile) -> None:
    typer.echo(f"{file.name}: {file.new:,} new, {file.known:,} known already, {file.kept_aside:,} kept aside")
    for reason in file.reasons:
        typer.echo(f"  {reason}", err=True)
    if file.kept_aside > len(file.reasons):
        typer.echo("  … `rejects list` shows all of them", err=True)


def _telling(progress: Progress, task: TaskID) -> Told:
    return lambda done: progress.update(task, completed=done)


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
