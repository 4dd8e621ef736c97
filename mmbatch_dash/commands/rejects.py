"""`rejects`: what was kept aside, listed, exported, tried again or dismissed."""

import sys

import typer

from mmbatch_dash.commands.store_access import opened
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.services import Services
from mmbatch_dash.services.rejects import PAGE
from mmbatch_dash.settings import Settings

ACTIONS = ("list", "export", "retry", "dismiss")


def run_rejects(settings: Settings, action: str, reject_ids: list[str]) -> None:
    """Does one action on the list of what was kept aside.

    Raises:
        InvalidInput: no such action.
        MmbatchDashError: there are no data, or a running server holds the store (its API lists them too).
    """
    if action not in ACTIONS:
        raise InvalidInput(f"{action!r} is not one of {', '.join(ACTIONS)}")
    with opened(settings) as services:
        {"list": _list, "export": _export, "retry": _retry, "dismiss": _dismiss}[action](services, reject_ids)


def _list(services: Services, reject_ids: list[str]) -> None:
    del reject_ids
    page = services.rejects.page(limit=PAGE)
    for reject in page:
        where = f"{reject.door} #{reject.place}"
        if reject.file:
            # Of a file that broke off nobody knows the line.
            counted = f" {reject.options.get('counted', 'line')} {reject.place}" if reject.place > 0 else ""
            where = f"{reject.file}{counted}"
        typer.echo(f"{reject.reject_id}  {reject.received_at:%Y-%m-%d %H:%M:%S}Z  {where}: {reject.error}")
    total = services.rejects.count()
    typer.echo(f"{total:,} kept aside" + (f", the first {len(page)} shown" if total > len(page) else ""), err=True)


def _export(services: Services, reject_ids: list[str]) -> None:
    del reject_ids
    for lines in services.rejects.export():
        sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()


def _retry(services: Services, reject_ids: list[str]) -> None:
    retried = services.rejects.retry(reject_ids or _all_ids(services))
    services.fold.fold_all()
    for reject_id, reason in retried.refused.items():
        typer.echo(f"{reject_id}: {reason}", err=True)
    typer.echo(f"{len(retried.entered):,} entered, {len(retried.refused):,} still kept aside")


def _dismiss(services: Services, reject_ids: list[str]) -> None:
    chosen = reject_ids or _all_ids(services)
    services.rejects.dismiss(chosen)
    services.fold.fold_all()
    typer.echo(f"{len(chosen):,} dismissed; the journal keeps them")


def _all_ids(services: Services) -> list[str]:
    ids: list[str] = []
    while page := services.rejects.page(after=ids[-1] if ids else None):
        ids += [reject.reject_id for reject in page]
    return ids
