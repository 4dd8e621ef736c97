"""`bill`: take AWS's bill in, from files or a bucket, and say why it differs from the cost here."""

import json as json_text
from pathlib import Path
from typing import Annotated, Any

import typer

from mmbatch_dash.domain.bill import CAUSES, Cause
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.units import format_count, format_usd

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]

app = typer.Typer(name="bill", help="AWS's bill beside the cost here.", no_args_is_help=True)


@app.command("import")
def take_in(
    places: Annotated[list[str], typer.Argument(help="Files, or s3://bucket/prefix.")], data_dir: DataDir = None
) -> None:
    """Take bills in: CUR 2.0 or FOCUS, CSV or Parquet; the same file twice adds nothing."""
    from mmbatch_dash.services.bill import is_bucket

    with _store(data_dir) as store:
        for place in places:
            found = _from_bucket(store, place) if is_bucket(place) else [_from_file(store, Path(place))]
            for bill in found:
                typer.echo(f"{bill['name']}: {format_count(bill['lines'])} lines of {str(bill['format']).upper()}")


@app.command()
def compare(
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="The JSON of GET /api/v1/bill, without its rows.")] = False,
) -> None:
    """Print why the bill differs from the cost here."""
    with _store(data_dir) as store:
        said = _compare(store)
    if json:
        typer.echo(json_text.dumps(said, indent=2))
        return
    typer.echo(f"{said['first_day']} to {said['last_day']} (UTC)")
    for name, usd in (("AWS", said["aws_usd"]), ("Here", said["ours_usd"]), ("Difference", said["difference_usd"])):
        typer.echo(f"{name:32}{format_usd(usd):>16}")
    for cause, (name, _) in CAUSES.items():
        typer.echo(f"  {name:30}{format_usd(said['causes'][cause.value]):>16}")


def _store(data_dir: Path | None) -> Any:
    from mmbatch_dash.commands.store_access import reached
    from mmbatch_dash.settings import build_settings

    return reached(build_settings(data_dir))


def _from_file(store: Any, path: Path) -> dict[str, Any]:
    from dataclasses import asdict

    from mmbatch_dash.commands.running import RunningServer

    if not path.is_file():
        raise InvalidInput(f"{path} is no file")
    if isinstance(store, RunningServer):
        with path.open("rb") as file:
            said = store.send_file("/api/v1/bill", {"name": path.name}, file, path.stat().st_size)
        return dict(said["files"][0])
    return asdict(store.bills.take(path, path.name))


def _from_bucket(store: Any, place: str) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from mmbatch_dash.commands.running import RunningServer

    if isinstance(store, RunningServer):
        return list(store.post("/api/v1/bill/s3", content={"place": place})["files"])
    return [asdict(bill) for bill in store.bills.take_bucket(place)]


def _compare(store: Any) -> dict[str, Any]:
    from mmbatch_dash.commands.running import RunningServer

    if isinstance(store, RunningServer):
        said = dict(store.get("/api/v1/bill"))
        return {name: value for name, value in said.items() if name not in ("rows", "files", "row_count")}
    compared = store.bills.compare()
    found = compared.by_cause()
    return {
        "format": compared.format.value,
        "first_day": str(compared.first),
        "last_day": str(compared.last),
        **{name: float(compared.total(name)) for name in ("ours_usd", "aws_usd", "difference_usd")},
        "causes": {cause.value: float(found[cause]) for cause in Cause},
    }
