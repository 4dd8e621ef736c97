"""`import`: files of other systems → journal → tables."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.progress import Progress, TaskID

from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError
from mmbatch_dash.domain.selection import parse_zone
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.importing import import_file
from mmbatch_dash.services.intake import Receipt
from mmbatch_dash.settings import Settings


def run_import(settings: Settings, paths: Sequence[Path], *, format_name: str | None, timezone: str) -> None:
    """Imports files and says what became of their lines; one that cannot be read does not stop the others.

    Raises:
        MmbatchDashError: a file is missing, a file is in no known format (after the others are in), or a running server
            holds the store.
    """
    zone = parse_zone(timezone)
    files = [file for path in paths for file in _files_of(path)]
    services = open_services(settings, start_folding=False)
    unread: list[str] = []
    try:
        # Beside the reading: the one is Python's work and the other DuckDB's, so each has a core.
        services.worker.start()
        with progress_bar() as progress:
            for file in files:
                try:
                    _report(file, _import_file(services, file, format_name, zone, progress))
                except (InvalidInput, OSError) as error:
                    typer.echo(f"{file.name}: not imported: {_reason(error)}", err=True)
                    unread.append(file.name)
            services.worker.stop()
            services.fold.fold_all()
    finally:
        services.close()
    if unread:
        raise MmbatchDashError(f"{len(unread)} of {len(files)} files could not be imported: {', '.join(unread[:20])}.")


def _import_file(
    services: Services, file: Path, format_name: str | None, zone: ZoneInfo, progress: Progress
) -> Receipt:
    task: TaskID = progress.add_task(file.name, total=file.stat().st_size)
    return import_file(
        services.intake,
        file,
        format_name=format_name,
        zone=zone,
        progress=lambda bytes_read: progress.update(task, completed=bytes_read),
    )


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


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
        place = f"{rejection.options.get('counted', 'line')} {rejection.index}: " if rejection.index > 0 else ""
        typer.echo(f"  {place}{rejection.error}", err=True)
    if len(receipt.rejected) > 5:
        typer.echo("  … `rejects list` shows all of them", err=True)
