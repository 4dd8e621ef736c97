"""The command line. Each command imports what it needs when it runs, so that `--help` answers at once."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mmbatch_dash.commands import auth, bill, cluster, config, insight, token

app = typer.Typer(
    name="mmbatch_dash",
    help="A management server for checkpointed AWS Batch work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(auth.app)
app.add_typer(token.app)
app.add_typer(config.app)
app.add_typer(insight.app)
app.add_typer(bill.app)
app.add_typer(cluster.app)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]


@app.command()
def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; overrides addr.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; overrides addr. 0 picks one.")] = None,
    insecure_open: Annotated[
        bool, typer.Option("--insecure-open", help="Without login, let everybody who reaches it do everything.")
    ] = False,
) -> None:
    """Serve the pages and the API."""
    from mmbatch_dash.commands.serve import run_server
    from mmbatch_dash.settings import build_settings

    run_server(build_settings(data_dir, host=host, port=port, insecure_open=insecure_open))


@app.command()
def demo(
    data_dir: DataDir = None,
    jobs: Annotated[int | None, typer.Option(help="How many jobs; about 2,500 if not given.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another fleet.")] = 7,
    serve: Annotated[bool, typer.Option("--serve", help="Serve it afterwards, with events going on live.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the simulated data.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. 0 picks one.")] = None,
) -> None:
    """Fill a folder of its own with a simulated fleet; it is never mixed with real data."""
    from mmbatch_dash.commands.demo import run_demo
    from mmbatch_dash.settings import build_settings

    settings = build_settings(data_dir or Path("var/demo"), host=host, port=port, simulated=True)
    run_demo(settings, jobs=jobs, seed=seed, serve=serve, remove=remove)


@app.command()
def story(
    data_dir: DataDir = None,
    seconds: Annotated[float, typer.Option(min=10, help="How long it takes.")] = 110.0,
    port: Annotated[int | None, typer.Option(help="Port of its server; a free one if not given.")] = None,
    stay: Annotated[bool, typer.Option(help="Go on serving afterwards, until Ctrl-C.")] = True,
) -> None:
    """Three real jobs under the reporter, one of them reclaimed twice, in a folder made anew."""
    from mmbatch_dash.commands.story import run_story
    from mmbatch_dash.settings import build_settings

    run_story(build_settings(data_dir or Path("var/story"), port=port), seconds=seconds, stay=stay)


@app.command("import")
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Files, or - for standard input.")],
    data_dir: DataDir = None,
    format: Annotated[  # noqa: A002 - the option is called --format
        str | None, typer.Option(help="events, batch, nextflow, mmbatch, spot-prices, prices; guessed if not given.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Zone of times that carry none.")] = "UTC",
) -> None:
    """Import files of other systems; the same file twice adds nothing."""
    from mmbatch_dash.commands.importing import run_import
    from mmbatch_dash.settings import build_settings

    run_import(build_settings(data_dir), paths, format_name=format, timezone=timezone)


@app.command()
def summary(
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="The JSON of GET /api/v1/summary.")] = False,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="NAME=VALUE, as in the API: --filter queue=align")
    ] = None,
) -> None:
    """Print the headline figures."""
    from mmbatch_dash.commands.summary import run_summary
    from mmbatch_dash.settings import build_settings

    run_summary(build_settings(data_dir), as_json=json, filters=filters or [])


@app.command("export")
def export_file(
    what: Annotated[str, typer.Argument(help="jobs, attempts, nodes or checkpoints.")] = "jobs",
    data_dir: DataDir = None,
    format: Annotated[str, typer.Option(help="csv or parquet.")] = "csv",  # noqa: A002 - the option is called --format
    output: Annotated[Path | None, typer.Option(help="File to write; standard output if not given.")] = None,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="NAME=VALUE, as in the API: --filter queue=align")
    ] = None,
    sort: Annotated[str | None, typer.Option(help="Column of jobs, - before it for descending.")] = None,
) -> None:
    """Write a selection as CSV or Parquet, as the API does."""
    from mmbatch_dash.commands.export import run_export
    from mmbatch_dash.settings import build_settings

    run_export(build_settings(data_dir), what, format_name=format, output=output, filters=filters or [], sort=sort)


@app.command()
def rebuild(
    data_dir: DataDir = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Replace the tables even by ones that hold fewer events.")
    ] = False,
) -> None:
    """Make the folded tables anew from the journal."""
    from mmbatch_dash.commands.rebuild import run_rebuild
    from mmbatch_dash.settings import build_settings

    run_rebuild(build_settings(data_dir), accept_loss=accept_loss)


@app.command()
def disown(
    data_dir: DataDir = None,
    token: Annotated[str | None, typer.Option(help="Name of the token whose entries are left out.")] = None,
    source: Annotated[str | None, typer.Option(help="Pattern of the events' source, * for anything.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Only what was received at this time or after.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Only what was received before this time.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
) -> None:
    """Leave what a token or source told out of the figures; without more, list what is left out."""
    from mmbatch_dash.commands.disown import run_disown
    from mmbatch_dash.settings import build_settings

    run_disown(build_settings(data_dir), token=token, source=source, since=since, until=until, undo=undo)


@app.command()
def check(data_dir: DataDir = None) -> None:
    """Look for damage, beside a running server too: exits 0 if there is none, 1 if there is, 2 if it cannot tell."""
    from mmbatch_dash.commands.check import run_check
    from mmbatch_dash.settings import build_settings

    run_check(build_settings(data_dir))


@app.command()
def backup(
    target: Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")],
    data_dir: DataDir = None,
    keep: Annotated[int, typer.Option(min=1, help="How many backups stay there.")] = 30,
) -> None:
    """Back up what cannot be made again, beside a running server too; only what is new is copied, and read back."""
    from mmbatch_dash.commands.backup import run_backup
    from mmbatch_dash.settings import build_settings

    run_backup(build_settings(data_dir), target, keep=keep)


@app.command()
def restore(
    source: Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")],
    data_dir: DataDir = None,
    backup: Annotated[str | None, typer.Option(help="Time of an older backup; the newest if not given.")] = None,
) -> None:
    """Make a new data directory from a backup."""
    from mmbatch_dash.commands.backup import run_restore
    from mmbatch_dash.settings import build_settings

    run_restore(build_settings(data_dir), source, name=backup)


@app.command()
def rejects(
    action: Annotated[str, typer.Argument(help="list, export, retry or dismiss.")] = "list",
    ids: Annotated[list[str] | None, typer.Argument(help="Reject ids, for retry and dismiss; none means all.")] = None,
    data_dir: DataDir = None,
) -> None:
    """List, export, retry or dismiss what was kept aside."""
    from mmbatch_dash.commands.rejects import run_rejects
    from mmbatch_dash.settings import build_settings

    run_rejects(build_settings(data_dir), action, ids or [])


@app.command()
def sync(
    data_dir: DataDir = None,
    every: Annotated[str | None, typer.Option(help="Go on, this often: 5m. Once if not given.")] = None,
) -> None:
    """Ask AWS for jobs, instances and prices; running it again adds nothing."""
    from mmbatch_dash.commands.sync import run_sync
    from mmbatch_dash.settings import build_settings

    run_sync(build_settings(data_dir), every=every)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; an error made on purpose is one line, not a traceback."""
    from mmbatch_dash.domain.errors import MmbatchDashError

    try:
        app(args=list(arguments) if arguments is not None else None)
    except MmbatchDashError as error:
        typer.echo(f"mmbatch_dash: {error}", err=True)
        sys.exit(1)
