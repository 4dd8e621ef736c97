"""`token`: tokens for nodes and scripts. Works beside a running server.

Imports what a command needs when it runs, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from mmbatch_dash.commands.documents import find_documents, record

app = typer.Typer(name="token", help="Tokens for nodes and scripts.", no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything a server owns.", envvar="MMBATCH_DASH_DATA_DIR"),
]


@app.command()
def create(
    context: typer.Context,
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
    from mmbatch_dash.store.auth.tokens import Tokens, split_list

    unknown = [right for right in rights if right not in set(Right)]
    if unknown:
        raise InvalidInput(f"must be one of {', '.join(Right)}, not {unknown[0]!r}", field="right")
    documents = find_documents(data_dir, context)
    text, token = Tokens(documents).create(
        name,
        [Right(right) for right in rights],
        parse_lifetime(expires),
        types=split_list(types),
        sources=split_list(sources),
    )
    record(documents, "token", f"created {name} ({', '.join(sorted(token.rights))})")
    typer.echo(text)
    typer.echo("It is not shown again. Send it as `Authorization: Bearer …` or `X-Api-Key: …`.", err=True)


@app.command("list")
def list_tokens(context: typer.Context, data_dir: DataDir = None) -> None:
    """List tokens with rights, state, expiry and last use; never the tokens themselves."""
    from datetime import UTC, datetime

    from mmbatch_dash.domain.instants import to_iso
    from mmbatch_dash.store.auth.tokens import Tokens

    now = datetime.now(UTC)
    tokens = Tokens(find_documents(data_dir, context)).all()
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
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the token.")],
    data_dir: DataDir = None,
) -> None:
    """Take a token back; the next request with it is refused."""
    from mmbatch_dash.store.auth.tokens import Tokens

    documents = find_documents(data_dir, context)
    revoked = Tokens(documents).revoke(name)
    record(documents, "token", f"revoked {', '.join(token.name for token in revoked)}")
    typer.echo(f"Revoked {', '.join(token.token_id for token in revoked)}.")
