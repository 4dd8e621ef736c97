"""`import`: files of other systems → journal → tables."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.progress import Progress, TaskID

from mmbatch_dash.adapters.files import guess_format, read_file
from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.domain.selection import parse_zone
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.intake import Receipt
from mmbatch_dash.settings import Settings


def run_import(settings: Settings, paths: Sequence[Path], *, format_name: str | None, timezone: str) -> None:
    """Imports files and says what became of their lines.

    Raises:
        MmbatchDashError: a file is missing, is in no known format, or a running server holds the store.
    """
    zone = parse_zone(timezone)
    files = [file for path in paths for file in _files_of(path)]
    services = open_services(settings, start_folding=False)
    try:
        # Beside the reading: the one is Python's work and the other DuckDB's, so each has a core.
        services.worker.start()
        with progress_bar() as progress:
            for file in files:
                _report(file, _import_file(services, file, format_name, zone, progress))
            services.worker.stop()
            services.fold.fold_all()
    finally:
        services.close()


def _import_file(
    services: Services, file: Path, format_name: str | None, zone: ZoneInfo, progress: Progress
) -> Receipt:
    task: TaskID = progress.add_task(file.name, total=file.stat().st_size)
    items = read_file(
        file,
        format_name or guess_format(file),
        zone=zone,
        progress=lambda bytes_read: progress.update(task, completed=bytes_read),
    )
    total = Receipt()
    for receipt in services.intake.take_stream(items):
        total.accepted += receipt.accepted
        total.duplicates += receipt.duplicates
        total.rejected += receipt.rejected
    return total


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    if not path.is_file():
        raise MmbatchDashError(f"There is no file {path}.")
    return [path]


def _report(file: Path, receipt: Receipt) -> None:
    kept_aside = len(receipt.rejected)
    typer.echo(
        f"{file.name}: {receipt.accepted:,} new, {receipt.duplicates:,} known already, {kept_aside:,} kept aside"
    )
    for rejection in receipt.rejected[:5]:
        typer.echo(f"  line {rejection.index}: {rejection.error}", err=True)
    if len(receipt.rejected) > 5:
        typer.echo("  … `rejects list` shows all of them", err=True)
