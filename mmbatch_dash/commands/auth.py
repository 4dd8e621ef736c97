"""`auth`: local users, and the way back when the login locked everybody out. Works beside a running server.

Imports what a command needs when it runs, so that `--help` answers at once.
"""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="auth", help="Local users, and switching the Cognito login off.", no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]


@app.command("add-user")
def add_user(
    name: Annotated[str, typer.Argument(help="Of the user; an existing one gets this role and password.")],
    role: Annotated[str, typer.Option(help="admin or reader.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a local user, or give one another role and password; their sessions end."""
    from mmbatch_dash.auth.sessions.passwords import hash_password
    from mmbatch_dash.domain.errors import InvalidInput
    from mmbatch_dash.domain.identity import Role
    from mmbatch_dash.store.auth.users import Users, check_name
    from mmbatch_dash.store.documents.files import FileDocuments

    check_name(name)
    if role not in set(Role):
        raise InvalidInput(f"must be admin or reader, not {role!r}", field="role")
    folder = _folder(data_dir)
    Users(FileDocuments(folder)).save(name, Role(role), hash_password(_read_password(password_stdin)))
    _record(folder, "user", f"saved {name} as {role}")
    typer.echo(f"{name} may sign in as {role}.")


@app.command("users")
def list_users(data_dir: DataDir = None) -> None:
    """List local users."""
    from mmbatch_dash.store.auth.users import Users
    from mmbatch_dash.store.documents.files import FileDocuments

    users = Users(FileDocuments(_folder(data_dir))).all()
    for user in users:
        typer.echo(f"{user.name}  {user.role}")
    if not users:
        typer.echo("There are no local users.")


@app.command("remove-user")
def remove_user(name: Annotated[str, typer.Argument(help="Of the user.")], data_dir: DataDir = None) -> None:
    """Remove a local user; their sessions end."""
    from mmbatch_dash.store.auth.users import Users
    from mmbatch_dash.store.documents.files import FileDocuments

    folder = _folder(data_dir)
    Users(FileDocuments(folder)).remove(name)
    _record(folder, "user", f"removed {name}")
    typer.echo(f"{name} is removed.")


@app.command("disable")
def disable(data_dir: DataDir = None) -> None:
    """Switch the Cognito login off: the way back in from this machine."""
    from mmbatch_dash.store.auth.users import Users
    from mmbatch_dash.store.config.store import ConfigStore
    from mmbatch_dash.store.documents.files import FileDocuments

    folder = _folder(data_dir)
    ConfigStore(folder).apply({"security.cognito.enabled": False}, who=_who(), origin="cli")
    _record(folder, "change", "switched off Cognito login")
    users = Users(FileDocuments(folder)).all()
    if users:
        names = ", ".join(f"{user.name} ({user.role})" for user in users)
        typer.echo(f"Cognito login is off. Local users sign in: {names}. `auth add-user` sets a new password.")
    else:
        typer.echo("Cognito login is off. Without local users the server answers only its own machine.")


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _folder(data_dir: Path | None) -> Path:
    from mmbatch_dash.settings import choose_data_dir

    return choose_data_dir(data_dir)


def _record(folder: Path, action: str, detail: str) -> None:
    from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
    from mmbatch_dash.store.documents.files import FileDocuments

    AuditLog(FileDocuments(folder)).add(AuditEntry(action, _who(), "cli", detail=detail))


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
