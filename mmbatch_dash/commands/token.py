"""`token`: tokens for nodes and scripts. Works beside a running server.

Imports what a command needs when it runs, so that `--help` answers at once.
"""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mmbatch_dash.store.auth.tokens import Tokens

app = typer.Typer(name="token", help="Tokens for nodes and scripts.", no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    rights: Annotated[
        list[str], typer.Option("--right", help="ingest, node, read, metrics, prices or admin; may repeat.")
    ],
    types: Annotated[str, typer.Option(help="Event types it may send, as job,checkpoint,node; all if left out.")] = "",
    sources: Annotated[str, typer.Option(help="Sources it may name, as 'my/*,other'; all if left out.")] = "",
    expires: Annotated[str, typer.Option(help="90d, 12h, 30m, or never.")] = "90d",
    data_dir: DataDir = None,
) -> None:
    """Make a token and print it, this once."""
    from mmbatch_dash.domain.errors import InvalidInput
    from mmbatch_dash.domain.identity import Right
    from mmbatch_dash.store.auth.lifetimes import parse_lifetime
    from mmbatch_dash.store.auth.tokens import split_list

    unknown = [right for right in rights if right not in set(Right)]
    if unknown:
        raise InvalidInput(f"must be one of {', '.join(Right)}, not {unknown[0]!r}", field="right")
    text, token = _tokens(data_dir).create(
        name,
        [Right(right) for right in rights],
        parse_lifetime(expires),
        types=split_list(types),
        sources=split_list(sources),
    )
    _record(data_dir, f"created {name} ({', '.join(sorted(token.rights))})")
    typer.echo(text)
    typer.echo("It is not shown again. Send it as `Authorization: Bearer …` or `X-Api-Key: …`.", err=True)


@app.command("list")
def list_tokens(data_dir: DataDir = None) -> None:
    """List tokens with rights, state, expiry and last use; never the tokens themselves."""
    from datetime import UTC, datetime

    from mmbatch_dash.domain.instants import to_iso

    now = datetime.now(UTC)
    tokens = _tokens(data_dir).all()
    for token in tokens:
        expires = f"expires {to_iso(token.expires_at)}" if token.expires_at else "does not expire"
        used = f"last used {to_iso(token.last_used_at)}" if token.last_used_at else "never used"
        typer.echo(
            f"{token.token_id}  {token.name}  {','.join(sorted(token.rights))}  {token.state(now)}  {expires}  {used}"
            + "".join(f"  {name} {','.join(bound)}" for name, bound in token.bounds() if bound)
        )
    if not tokens:
        typer.echo("There are no tokens.")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="Name or id of the token.")], data_dir: DataDir = None) -> None:
    """Take a token back; the next request with it is refused."""
    revoked = _tokens(data_dir).revoke(name)
    _record(data_dir, f"revoked {', '.join(token.name for token in revoked)}")
    typer.echo(f"Revoked {', '.join(token.token_id for token in revoked)}.")


def _tokens(data_dir: Path | None) -> "Tokens":
    from mmbatch_dash.store.auth.tokens import Tokens
    from mmbatch_dash.store.documents.files import FileDocuments

    return Tokens(FileDocuments(_folder(data_dir)))


def _folder(data_dir: Path | None) -> Path:
    from mmbatch_dash.settings import choose_data_dir

    return choose_data_dir(data_dir)


def _record(data_dir: Path | None, detail: str) -> None:
    from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
    from mmbatch_dash.store.documents.files import FileDocuments

    try:
        who = getpass.getuser()
    except (KeyError, OSError):
        who = "unknown"
    AuditLog(FileDocuments(_folder(data_dir))).add(AuditEntry("token", who, "cli", detail=detail))
