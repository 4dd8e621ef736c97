"""Synchronising with every configured account: once, on request, or again and again in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from mmbatch_dash.adapters.aws.account import Account, AwsRefused, Clients, Trouble, parse_account, speak_plainly
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.services.aws.state import (
    FILE,
    AccountState,
    SyncState,
    load_state,
    note_failure,
    note_success,
    save_state,
)
from mmbatch_dash.services.aws.steps import STEPS, Run
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.documents.interface import Documents
from mmbatch_dash.store.documents.noted import Noted

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
ENDS_ALL = (Trouble.CREDENTIALS, Trouble.UNREACHABLE)
"""Troubles after which the other steps need not be tried."""


class Connect(Protocol):
    """Makes the clients of an account."""

    def __call__(self, account: Account, *, default_region: str) -> Clients:
        """The clients.

        Raises:
            AwsRefused: signing in failed.
        """


class AwsSync:
    """The synchronisation of one server; one run at a time."""

    def __init__(
        self,
        documents: Documents,
        config: Callable[[], Config],
        database: Database,
        intake: Intake,
        fold_up_to: Callable[[int], None],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        connect: Connect = Clients,
        is_turn: Callable[[], bool] = lambda: True,
    ) -> None:
        """Reads what the last run left.

        Args:
            documents: where the state is kept.
            config: the configuration in force.
            database: where what is needed is looked up.
            intake: the way into the journal.
            fold_up_to: returns when the tables show the journal up to a position.
            clock: what time it is.
            connect: makes clients; tests give their own.
            is_turn: whether this server is the one that asks by itself, where only one of several is to.
        """
        self._documents = documents
        self._config = config
        self._database = database
        self._intake = intake
        self._fold_up_to = fold_up_to
        self._clock = clock
        self._connect = connect
        self._is_turn = is_turn
        self._noted = Noted(documents, FILE, load_state)
        self._turn = threading.Lock()
        self._asked_for = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_on, name="aws-sync", daemon=True)

    def state(self) -> SyncState:
        """What came of asking AWS so far."""
        return self._noted.now()

    def describe(self) -> dict[str, Any]:
        """The JSON of GET /api/v1/sync."""
        every = self._config().aws.sync_every.seconds
        return self._noted.now().as_dict(running=self._turn.locked(), every_seconds=every)

    def run_once(self, every: timedelta = timedelta(0)) -> SyncState:
        """Asks every account now and gives what came of it; errors are in the state, not raised."""
        with self._turn:
            config = self._config()
            accounts = [parse_account(text) for text in config.aws.accounts] or [Account()]
            names = {account.name for account in accounts}
            state = self._noted.now()
            state.accounts = {name: one for name, one in state.accounts.items() if name in names}
            for account in accounts:
                if self._stopping.is_set():
                    break
                self._run_account(account, state, config, every)
                self._noted.wrote(state, save_state(self._documents, state))
            return state

    def request(self) -> None:
        """Lets the server's own thread run now."""
        self._asked_for.set()

    def start(self) -> None:
        """Begins to run as often as `aws.syncEvery` says, and on request."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the account under way."""
        self._stopping.set()
        self._asked_for.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run_account(self, account: Account, state: SyncState, config: Config, every: timedelta) -> None:
        now = self._clock()
        known = state.accounts.setdefault(account.name, AccountState())
        known.last_try, known.counts = to_iso(now), {}
        errors: dict[str, str] = {}
        trouble = Trouble.OTHER
        try:
            clients = self._connect(account, default_region=config.pricing.region)
        except AwsRefused as error:
            note_failure(known, now, every, error.trouble, {"sign_in": str(error)})
            return
        options = {queue: str(option) for queue, option in config.aws.purchase_options.items()}
        run = Run(
            clients,
            self._intake,
            self._database,
            state,
            now,
            self._fold_up_to,
            options,
            tuple(config.aws.event_queues),
        )
        for step, what, do in STEPS:
            try:
                with speak_plainly(what, account.name):
                    known.counts[step] = do(run)
            except MmbatchDashError as error:
                LOG.warning("AWS sync, %s: %s", step, error)
                found = error.trouble if isinstance(error, AwsRefused) else Trouble.OTHER
                trouble = trouble if errors else found
                errors[step] = str(error)
                if found in ENDS_ALL:
                    break
            self._fold_up_to(self._intake.end)
        if errors:
            note_failure(known, now, every, trouble, errors)
        else:
            note_success(known, now, every)

    def _keep_on(self) -> None:
        while not self._stopping.is_set():
            asked = self._asked_for.wait(LOOK_SECONDS)
            self._asked_for.clear()
            every = timedelta(seconds=self._config().aws.sync_every.seconds)
            if self._stopping.is_set() or not (asked or (every and self._is_due(every) and self._is_turn())):
                continue
            try:
                self.run_once(every)
            except Exception:  # the next look tries again; the log says what was wrong
                LOG.exception("The synchronisation with AWS failed")
                self._stopping.wait(LOOK_SECONDS * 15)

    def _is_due(self, every: timedelta) -> bool:
        now = self._clock()
        known = list(self._noted.now().accounts.values())
        tries = [datetime.fromisoformat(one.next_try) for one in known if one.next_try]
        if not known or len(tries) < len(known):
            last = max((datetime.fromisoformat(one.last_try) for one in known if one.last_try), default=None)
            return last is None or now - last >= every
        return now >= min(tries)
