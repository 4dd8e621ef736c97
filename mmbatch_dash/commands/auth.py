"""`auth`: local users, and the way back when the login locked everybody out. Works beside a running server.

Imports what a command needs when it runs, so that `--help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mmbatch_dash.commands.documents import find_documents, record, who_runs

app = typer.Typer(name="auth", help="Local users, and switching the Cognito login off.", no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]


@app.command("add-user")
def add_user(
    context: typer.Context,
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

    check_name(name)
    if role not in set(Role):
        raise InvalidInput(f"must be admin or reader, not {role!r}", field="role")
    documents = find_documents(data_dir, context)
    Users(documents).save(name, Role(role), hash_password(_read_password(password_stdin)))
    record(documents, "user", f"saved {name} as {role}")
    typer.echo(f"{name} may sign in as {role}.")


@app.command("users")
def list_users(context: typer.Context, data_dir: DataDir = None) -> None:
    """List local users."""
    from mmbatch_dash.store.auth.users import Users

    users = Users(find_documents(data_dir, context)).all()
    for user in users:
        typer.echo(f"{user.name}  {user.role}")
    if not users:
        typer.echo("There are no local users.")


@app.command("remove-user")
def remove_user(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Of the user.")], data_dir: DataDir = None
) -> None:
    """Remove a local user; their sessions end."""
    from mmbatch_dash.store.auth.users import Users

    documents = find_documents(data_dir, context)
    Users(documents).remove(name)
    record(documents, "user", f"removed {name}")
    typer.echo(f"{name} is removed.")


@app.command("disable")
def disable(context: typer.Context, data_dir: DataDir = None) -> None:
    """Switch the Cognito login off: the way back in from this machine."""
    from mmbatch_dash.settings import choose_data_dir
    from mmbatch_dash.store.auth.users import Users
    from mmbatch_dash.store.config.store import ConfigStore

    documents = find_documents(data_dir, context)
    store = ConfigStore(choose_data_dir(data_dir), documents=documents)
    store.apply({"security.cognito.enabled": False}, who=who_runs(), origin="cli")
    record(documents, "change", "switched off Cognito login")
    users = Users(documents).all()
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
