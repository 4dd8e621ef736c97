"""`sync`: ask AWS once, or again and again, without a server."""

import signal
import sys
import threading
from datetime import timedelta

import typer

from mmbatch_dash.domain.durations import parse_duration
from mmbatch_dash.domain.errors import InvalidInput, StoreUnavailable
from mmbatch_dash.services import open_services
from mmbatch_dash.services.aws import SyncState
from mmbatch_dash.settings import Settings

SHORTEST = 30.0
HELD = (
    "A running server synchronises by itself: set aws.syncEvery in its configuration, or POST /api/v1/sync to have it "
    "ask AWS now."
)


def run_sync(settings: Settings, *, every: str | None) -> None:
    """Synchronises with every account of `aws.accounts`, or with the credentials of the environment.

    Raises:
        StoreUnavailable: a running server holds the store; the message says what to do instead.
        InvalidInput: `every` is no duration of at least 30 s.
    """
    pause = _read_pause(every)
    try:
        services = open_services(settings, start_folding=False)
    except StoreUnavailable as error:
        raise StoreUnavailable(f"{error} {HELD}") from None
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


def _report(state: SyncState) -> bool:
    for name, account in state.accounts.items():
        counts = ", ".join(f"{count:,} {step.replace('_', ' ')}" for step, count in account.counts.items() if count)
        typer.echo(f"{name}: new: {counts or 'nothing'}")
        for error in account.errors.values():
            typer.echo(f"  {error}", err=True)
    return not any(account.errors for account in state.accounts.values())
