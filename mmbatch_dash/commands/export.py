"""`export`: a selection as a file, from a store no server holds. While one runs, its API gives the same files."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mmbatch_dash.domain.errors import InvalidFilter, InvalidInput
from mmbatch_dash.domain.selection import SELECTION_PARAMETERS, Selection, parse_selection
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.exports import Export
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.queries.exports import Form

THINGS = ("jobs", "attempts", "nodes")
STANDARD_OUTPUT = Path("-")


def run_export(
    settings: Settings, what: str, *, format_name: str, output: Path | None, filters: list[str], sort: str | None
) -> None:
    """Writes the file; without `output` under its own name here, with - to standard output.

    Raises:
        InvalidInput: no such thing, format or filter.
        StoreUnavailable: a server holds the store; ask it instead.
    """
    if what not in THINGS:
        raise InvalidInput(f"{what!r} is not one of {', '.join(THINGS)}", field="what")
    if format_name not in set(Form):
        raise InvalidInput(f"{format_name!r} is not one of {', '.join(Form)}", field="--format")
    selection = read_filters(filters)
    services = open_services(settings, start_folding=False)
    try:
        services.fold.fold_all()
        export = _open(services, what, selection, Form(format_name), sort)
        if output == STANDARD_OUTPUT:
            _write(export.chunks, sys.stdout.buffer)
        else:
            _write_file(export, output or Path(export.name))
    finally:
        services.close()


def read_filters(filters: list[str]) -> Selection:
    """The selection that NAME=VALUE texts describe.

    Raises:
        InvalidFilter: one is no such text, or names no filter.
    """
    query: dict[str, list[str]] = {}
    for text in filters:
        name, separator, value = text.partition("=")
        if not separator or name not in SELECTION_PARAMETERS:
            known = ", ".join(SELECTION_PARAMETERS)
            raise InvalidFilter(f"{text!r} is not NAME=VALUE with a name of {known}", field="--filter")
        query.setdefault(name, []).append(value)
    return parse_selection(query)


def _open(services: Services, what: str, selection: Selection, form: Form, sort: str | None) -> Export:
    if what == "jobs":
        order = services.jobs.read_sort(sort) if sort else None
        return services.exports.jobs(selection, form, sort=order)
    return services.exports.attempts(selection, form) if what == "attempts" else services.exports.nodes(selection, form)


def _write_file(export: Export, path: Path) -> None:
    columns = (SpinnerColumn(), TextColumn(str(path)), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress, path.open("wb") as file:
        task = progress.add_task("export", total=None)
        for chunk in export.chunks:
            file.write(chunk)
            progress.advance(task, len(chunk))


def _write(chunks: Iterator[bytes], file: BinaryIO) -> None:
    for chunk in chunks:
        file.write(chunk)
    file.flush()
