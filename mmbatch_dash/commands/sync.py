"""`sync`: ask AWS once, or again and again, without a server."""

import signal
import sys
import threading
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import typer

from mmbatch_dash.commands.running import RunningServer
from mmbatch_dash.commands.store_access import open_or_find
from mmbatch_dash.domain.durations import parse_duration
from mmbatch_dash.domain.errors import InvalidInput, StoreUnavailable
from mmbatch_dash.services.aws import SyncState
from mmbatch_dash.settings import Settings

SHORTEST = 30.0
LONGEST_ASKED_SECONDS = 3600.0
HELD = "The running server synchronises by itself: set aws.syncEvery in its configuration, or leave --every out."


def run_sync(settings: Settings, *, every: str | None) -> None:
    """Synchronises with every account of `aws.accounts`, or with the credentials of the environment.

    Raises:
        StoreUnavailable: another process holds the store that answers no commands.
        InvalidInput: `every` is no duration of at least 30 s, or given beside a running server.
    """
    pause = _read_pause(every)
    services = open_or_find(settings)
    if isinstance(services, RunningServer):
        if pause is not None:
            raise InvalidInput(HELD, field="--every")
        if not _report_accounts(_ask_server(services)):
            sys.exit(1)
        return
    stopping = threading.Event()
    try:
        if pause is None:
            services.sync.run_once()
        else:
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, lambda *_: stopping.set())
            while not stopping.is_set():
                _report(services.sync.run_once(pause))
                stopping.wait(pause.total_seconds())
    finally:
        services.close()
    if pause is None and not _report(services.sync.state()):
        sys.exit(1)


def _read_pause(every: str | None) -> timedelta | None:
    if every is None:
        return None
    try:
        seconds = parse_duration(every).seconds
    except ValueError as error:
        raise InvalidInput(str(error), field="--every") from None
    if seconds < SHORTEST:
        raise InvalidInput("must be at least 30s, so that AWS is not asked too often", field="--every")
    return timedelta(seconds=seconds)


def _ask_server(server: RunningServer) -> list[dict[str, Any]]:
    """What came of each account once the server has asked all of them again."""
    before = {account["account"]: account["last_try"] for account in server.get("/api/v1/sync")["accounts"]}
    server.post("/api/v1/sync")
    deadline = time.monotonic() + LONGEST_ASKED_SECONDS
    while True:
        time.sleep(0.5)
        state = server.get("/api/v1/sync")
        accounts: list[dict[str, Any]] = state["accounts"]
        done = accounts and all(before.get(one["account"]) != one["last_try"] for one in accounts)
        if done and not state["running"]:
            return accounts
        if time.monotonic() > deadline:
            raise StoreUnavailable("The server still asks AWS; GET /api/v1/sync says what has come of it so far.")


def _report(state: SyncState) -> bool:
    return _report_accounts([{"account": name, **asdict(one)} for name, one in state.accounts.items()])


def _report_accounts(accounts: list[dict[str, Any]]) -> bool:
    """Says what came of each account; whether there was no error."""
    for one in accounts:
        counts = ", ".join(f"{count:,} {step.replace('_', ' ')}" for step, count in one["counts"].items() if count)
        typer.echo(f"{one['account']}: new: {counts or 'nothing'}")
        for error in one["errors"].values():
            typer.echo(f"  {error}", err=True)
    return not any(one["errors"] for one in accounts)
