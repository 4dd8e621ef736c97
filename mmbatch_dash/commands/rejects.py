"""`rejects`: what was kept aside, listed, exported, tried again or dismissed, in the store or by the server of it."""

import sys
from itertools import islice

import typer

from mmbatch_dash.commands.running import RunningServer
from mmbatch_dash.commands.store_access import reached
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.domain.nearest import describe_choice
from mmbatch_dash.services import Services
from mmbatch_dash.services.rejects import PAGE
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.queries.rejects import Reject

ACTIONS = ("list", "export", "retry", "dismiss")
IDS_AT_ONCE = 1000
Store = Services | RunningServer


def run_rejects(settings: Settings, action: str, reject_ids: list[str]) -> None:
    """Does one action on the list of what was kept aside.

    Raises:
        InvalidInput: no such action.
        MmbatchDashError: there are no data.
    """
    if action not in ACTIONS:
        raise InvalidInput(describe_choice(action, ACTIONS))
    with reached(settings) as store:
        {"list": _list, "export": _export, "retry": _retry, "dismiss": _dismiss}[action](store, reject_ids)


def _list(store: Store, reject_ids: list[str]) -> None:
    del reject_ids
    page, total = _page(store)
    for reject in page:
        where = f"{reject.door} #{reject.place}"
        if reject.file:
            # Of a file that broke off nobody knows the line.
            counted = f" {reject.options.get('counted', 'line')} {reject.place}" if reject.place > 0 else ""
            where = f"{reject.file}{counted}"
        typer.echo(f"{reject.reject_id}  {reject.received_at:%Y-%m-%d %H:%M:%S}Z  {where}: {reject.error}")
    typer.echo(f"{total:,} kept aside" + (f", the first {len(page)} shown" if total > len(page) else ""), err=True)


def _export(store: Store, reject_ids: list[str]) -> None:
    del reject_ids
    if isinstance(store, RunningServer):
        with store.stream("/api/v1/rejects.ndjson") as pieces:
            sys.stdout.buffer.writelines(pieces)
    else:
        sys.stdout.buffer.writelines(store.rejects.export())
    sys.stdout.buffer.flush()


def _retry(store: Store, reject_ids: list[str]) -> None:
    entered, refused = 0, dict[str, str]()
    for ids in _in_parts(reject_ids or _all_ids(store)):
        if isinstance(store, RunningServer):
            said = store.post("/api/v1/rejects/retry", content={"ids": ids})
            entered += len(said["entered"])
            refused |= said["refused"]
        else:
            retried = store.rejects.retry(ids)
            entered += len(retried.entered)
            refused |= retried.refused
    _fold(store)
    for reject_id, reason in refused.items():
        typer.echo(f"{reject_id}: {reason}", err=True)
    typer.echo(f"{entered:,} entered, {len(refused):,} still kept aside")


def _dismiss(store: Store, reject_ids: list[str]) -> None:
    chosen = reject_ids or _all_ids(store)
    for ids in _in_parts(chosen):
        if isinstance(store, RunningServer):
            store.post("/api/v1/rejects/dismiss", content={"ids": ids})
        else:
            store.rejects.dismiss(ids)
    _fold(store)
    typer.echo(f"{len(chosen):,} dismissed; the journal keeps them")


def _page(store: Store, after: str | None = None) -> tuple[list[Reject], int]:
    """Some of the list, oldest first, and how many are on it."""
    if not isinstance(store, RunningServer):
        return store.rejects.page(limit=PAGE, after=after), store.rejects.count()
    said = store.get("/api/v1/rejects", {"limit": str(PAGE), **({"after": after} if after else {})})
    return [Reject(**{**row, "received_at": parse_instant(row["received_at"])}) for row in said["rows"]], said["total"]


def _all_ids(store: Store) -> list[str]:
    ids: list[str] = []
    while page := _page(store, ids[-1] if ids else None)[0]:
        ids += [reject.reject_id for reject in page]
    return ids


def _in_parts(ids: list[str]) -> list[list[str]]:
    rest = iter(ids)
    return list(iter(lambda: list(islice(rest, IDS_AT_ONCE)), []))


def _fold(store: Store) -> None:
    if isinstance(store, Services):
        store.fold.fold_all()
