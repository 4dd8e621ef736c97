"""What came of asking AWS, kept: last success, last error and next try by account, and what was asked for."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.store.documents.interface import Documents, put

FILE = "aws_sync.json"
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
MOST_GIVEN_UP = 20_000


@dataclass(slots=True)
class AccountState:
    """One account. Times are ISO texts, None where it has not happened.

    Attributes:
        errors: step → what went wrong in it, in a sentence with its remedy; empty after a run without errors.
        trouble: the kind of the first error: credentials, denied, throttled, unreachable or other.
        failures: runs with errors since the last one without.
        counts: step → new entries of the last run.
    """

    last_try: str | None = None
    last_success: str | None = None
    last_error: str | None = None
    last_error_at: str | None = None
    trouble: str | None = None
    next_try: str | None = None
    failures: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class SyncState:
    """All accounts, and what has been asked for.

    Attributes:
        spot: "account zone type" → [from, to] of the price history that has been fetched.
        on_demand: "account region type" → when its price was asked for.
        asked: container instance or instance → how often AWS was asked for it in vain.
    """

    accounts: dict[str, AccountState] = field(default_factory=dict)
    spot: dict[str, list[str]] = field(default_factory=dict)
    on_demand: dict[str, str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def as_dict(self, *, running: bool, every_seconds: float) -> dict[str, Any]:
        """The JSON of GET /api/v1/sync."""
        accounts = [{"account": name, **asdict(one)} for name, one in self.accounts.items()]
        return {"running": running, "every_seconds": every_seconds or None, "accounts": accounts}


def load_state(documents: Documents) -> SyncState:
    """What the last run left; a missing or damaged file costs only that prices are asked for again."""
    try:
        found = documents.read(FILE)
        kept = orjson.loads(found.content if found else b"")
        accounts = {name: AccountState(**one) for name, one in kept.pop("accounts").items()}
        return SyncState(accounts=accounts, **kept)
    except (StoreUnavailable, ValueError, TypeError, KeyError, AttributeError):
        return SyncState()


def save_state(documents: Documents, state: SyncState) -> str:
    """Writes the state in one step, as the version that comes back."""
    if len(state.asked) > MOST_GIVEN_UP:
        state.asked = dict(list(state.asked.items())[-MOST_GIVEN_UP:])
    return put(documents, FILE, orjson.dumps(asdict(state), option=orjson.OPT_INDENT_2))


def note_success(account: AccountState, now: datetime, every: timedelta) -> None:
    """A run without errors."""
    account.last_success, account.failures, account.errors, account.trouble = to_iso(now), 0, {}, None
    account.next_try = to_iso(now + every) if every else None


def note_failure(account: AccountState, now: datetime, every: timedelta, trouble: str, errors: dict[str, str]) -> None:
    """A run with errors; the next try is later each time, up to half an hour, and never sooner than asked for."""
    account.failures += 1
    account.errors, account.trouble = errors, trouble
    account.last_error, account.last_error_at = next(iter(errors.values())), to_iso(now)
    wait = min(FIRST_WAIT * 2 ** min(account.failures - 1, 10), LONGEST_WAIT)
    account.next_try = to_iso(now + max(wait, every))
