"""`config`: read and change the configuration from the command line, also beside a running server.

Imports what a command needs when it runs, so that `--help` answers at once.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from mmbatch_dash.commands.documents import find_documents, who_runs

if TYPE_CHECKING:
    from mmbatch_dash.settings import Settings
    from mmbatch_dash.store.config.store import ConfigStore
    from mmbatch_dash.store.config.trials import Trial
    from mmbatch_dash.store.documents.interface import Documents

app = typer.Typer(name="config", help="Read and change the configuration.", no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def get(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(help="A key or section, such as node.ttl; everything if left out.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print values in force."""
    from mmbatch_dash.domain.config import KEYS, ConfigRefused, flatten, to_text, unknown_key

    with _told():
        values = flatten(_open(data_dir, context).current().as_json())
        chosen = {name: value for name, value in values.items() if not key or name == key or name.startswith(f"{key}.")}
        if not chosen:
            raise ConfigRefused([unknown_key(str(key))])
    if as_json:
        typer.echo(json.dumps(chosen, indent=2, ensure_ascii=False))
    elif key in KEYS:
        typer.echo(to_text(chosen[str(key)]))
    else:
        for name, value in chosen.items():
            typer.echo(f"{name}={to_text(value)}")


@app.command("set")
def set_values(
    context: typer.Context,
    pairs: Annotated[
        list[str], typer.Argument(help="KEY=VALUE; lists are a,b and maps k:v,k:v, or JSON.", metavar="KEY=VALUE…")
    ],
    data_dir: DataDir = None,
) -> None:
    """Change values, all or none."""
    from mmbatch_dash.domain.config import KEYS, from_text, warnings

    with _told():
        changes: dict[str, Any] = {}
        for pair in pairs:
            key, separator, text = pair.partition("=")
            if not separator:
                _fail(f"{pair}: must be KEY=VALUE, such as node.ttl=5m")
            changes[key] = from_text(KEYS[key], text) if key in KEYS else text
        store = _open(data_dir, context)
        before = store.version
        config = store.apply(changes, who=who_runs(), origin="cli")
    _print_accepted(store, before)
    for warning in warnings(config):
        typer.echo(f"Warning: {warning.sentence}", err=True)


@app.command()
def diff(
    context: typer.Context,
    older: Annotated[int | None, typer.Argument(help="A version; the shipped defaults if left out.")] = None,
    newer: Annotated[int | None, typer.Argument(help="A later version; what is in force if left out.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print what differs between versions, or from the defaults."""
    from mmbatch_dash.domain.config import KEYS, flatten

    with _told():
        store = _open(data_dir, context)
        before = (
            {name: key.default for name, key in KEYS.items() if not key.marks.fixed}
            if older is None
            else store.values_of(older)
        )
        after = flatten(store.current().as_json()) if newer is None else store.values_of(newer)
    _print_diff({name: (value, after[name]) for name, value in before.items() if after[name] != value}, as_json)


@app.command()
def history(context: typer.Context, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print accepted changes, newest first."""
    from mmbatch_dash.domain.instants import to_iso

    with _told():
        changes = _open(data_dir, context).history()
    for change in changes:
        head = {
            "version": change.version,
            "at": to_iso(change.at),
            "who": change.who,
            "origin": change.origin.value,
            "restored": change.restored,
        }
        if as_json:
            typer.echo(json.dumps({**head, "diff": change.diff}, ensure_ascii=False))
            continue
        again = f", version {change.restored} again" if change.restored else ""
        typer.echo(f"{change.version}  {head['at']}  {change.who} ({change.origin.value}{again})")
        _print_diff(change.diff, False, indent="    ")


@app.command()
def restore(
    context: typer.Context, version: Annotated[int, typer.Argument(help="See `history`.")], data_dir: DataDir = None
) -> None:
    """Bring back the file of an earlier version, as a new one."""
    with _told():
        store = _open(data_dir, context)
        before = store.version
        store.restore(version, who=who_runs(), origin="cli")
    _print_accepted(store, before)


@app.command()
def validate(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A YAML file; config.yaml of the data directory if left out.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Check a file as a running server would, and change nothing."""
    from mmbatch_dash.store.config.file import read_text
    from mmbatch_dash.store.config.validate import validate_text

    with _told():
        directory = _directory(data_dir)
        path = file or directory / "config.yaml"
        trials = _trials(_settings(directory), find_documents(data_dir, context))
        found = validate_text(read_text(path), directory, file=path.name, trials=trials)
    for warning in found:
        typer.echo(f"Warning: {path.name}: {warning.sentence}", err=True)
    typer.echo(f"{path} is valid.")


@app.command()
def default(
    table: Annotated[bool, typer.Option("--table", help="Print every key as a Markdown table instead.")] = False,
) -> None:
    """Print the shipped configuration with all its comments."""
    from mmbatch_dash.domain.config import render_default, render_table
    from mmbatch_dash.domain.config.config import NO_ID

    typer.echo(render_table() if table else render_default(NO_ID), nl=False)


def _directory(data_dir: Path | None) -> Path:
    from mmbatch_dash.settings import choose_data_dir

    return choose_data_dir(data_dir)


def _settings(directory: Path) -> "Settings":
    from mmbatch_dash.settings import build_settings

    return build_settings(directory)


def _trials(settings: "Settings", documents: "Documents") -> "list[Trial]":
    """What a server of this directory tries, so that file, page, API and command line refuse alike."""
    from mmbatch_dash.commands.serving import read_listening
    from mmbatch_dash.services.login_trial import build_login_trial
    from mmbatch_dash.store.config.trials import build_address_trial, try_certificate

    login = build_login_trial(documents)
    return [try_certificate, login, build_address_trial(lambda: read_listening(settings))]


def _open(data_dir: Path | None, context: typer.Context) -> "ConfigStore":
    from mmbatch_dash.store.config.store import ConfigStore

    settings = _settings(_directory(data_dir))
    documents = find_documents(data_dir, context)
    store = ConfigStore(settings.data_dir, documents=documents, trials=_trials(settings, documents))
    if store.problem:
        typer.echo(f"{store.problem}. The last good configuration stays in force.", err=True)
    return store


def _print_accepted(store: "ConfigStore", before: int) -> None:
    if store.version == before:
        typer.echo("Nothing differs; nothing was changed.")
        return
    typer.echo(f"Version {store.version} is in force.")
    _print_diff(store.history()[0].diff, False, indent="  ")


def _print_diff(diff: Any, as_json: bool, indent: str = "") -> None:
    from mmbatch_dash.domain.config import to_text

    if as_json:
        typer.echo(json.dumps({key: list(values) for key, values in diff.items()}, indent=2, ensure_ascii=False))
        return
    for key, (before, after) in diff.items():
        typer.echo(f"{indent}{key}: {to_text(before) or '(empty)'} -> {to_text(after) or '(empty)'}")


@contextmanager
def _told() -> Iterator[None]:
    """Turns errors of the domain into a sentence a line on stderr and exit status 1."""
    from mmbatch_dash.domain.config import ConfigRefused
    from mmbatch_dash.domain.errors import MmbatchDashError

    try:
        yield
    except ConfigRefused as error:
        _fail("\n".join(error.sentences))
    except MmbatchDashError as error:
        _fail(str(error))


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    sys.exit(1)
