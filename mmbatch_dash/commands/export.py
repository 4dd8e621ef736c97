"""`export`: a selection as a file, from the store or from the server that holds it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mmbatch_dash.commands.filter_options import parse_filters
from mmbatch_dash.commands.running import RunningServer
from mmbatch_dash.commands.store_access import reached
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError
from mmbatch_dash.domain.nearest import describe_choice
from mmbatch_dash.domain.selection import Selection, parse_selection
from mmbatch_dash.services import Services
from mmbatch_dash.services.exports import Export
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.queries.exports import Form

THINGS = ("jobs", "attempts", "nodes", "checkpoints")
STANDARD_OUTPUT = Path("-")


def run_export(
    settings: Settings, what: str, *, format_name: str, output: Path | None, filters: list[str], sort: str | None
) -> None:
    """Writes the file; without `output`, or with -, to standard output.

    Raises:
        InvalidInput: no such thing, format or filter.
        MmbatchDashError: the output cannot be written.
    """
    if what not in THINGS:
        raise InvalidInput(describe_choice(what, THINGS), field="what")
    if format_name not in set(Form):
        raise InvalidInput(describe_choice(format_name, Form), field="--format")
    if sort and what != "jobs":
        raise InvalidInput("goes with jobs only", field="--sort")
    query = parse_filters(filters)
    with reached(settings) as store, _open(store, what, Form(format_name), query, sort) as chunks:
        if output is None or output == STANDARD_OUTPUT:
            _write(chunks, sys.stdout.buffer)
        else:
            _write_file(chunks, output)


@contextmanager
def _open(
    store: Services | RunningServer, what: str, form: Form, query: Mapping[str, list[str]], sort: str | None
) -> Iterator[Iterator[bytes]]:
    if isinstance(store, RunningServer):
        asked = {**query, **({"sort": [sort]} if sort else {})}
        with store.stream(f"/api/v1/{what}.{form.value}", asked) as chunks:
            yield chunks
        return
    yield _export(store, what, form, parse_selection(query), sort).chunks


def _export(services: Services, what: str, form: Form, selection: Selection, sort: str | None) -> Export:
    exports = services.exports
    if what == "jobs":
        return exports.jobs(selection, form, sort=services.jobs.read_sort(sort) if sort else None)
    if what == "nodes":
        return exports.nodes(selection, form)
    return exports.attempts(selection, form) if what == "attempts" else exports.checkpoints(selection, form)


def _write_file(chunks: Iterator[bytes], path: Path) -> None:
    columns = (SpinnerColumn(), TextColumn(str(path)), DownloadColumn(), TimeElapsedColumn())
    try:
        with (
            Progress(*columns, console=Console(stderr=True), transient=True) as progress,
            path.open("wb") as file,
        ):
            task = progress.add_task("export", total=None)
            for chunk in chunks:
                file.write(chunk)
                progress.advance(task, len(chunk))
    except OSError as error:
        raise MmbatchDashError(f"{path} cannot be written: {error.strerror or error}.") from None


def _write(chunks: Iterator[bytes], file: BinaryIO) -> None:
    for chunk in chunks:
        file.write(chunk)
    file.flush()
