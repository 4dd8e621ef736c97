"""Before a user pool is switched on: it answers, and whoever switches it on can still get in if it fails them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from mmbatch_dash.adapters.cognito import CognitoRefused, Reason
from mmbatch_dash.adapters.user_pool import describe_pool, probe_pool
from mmbatch_dash.domain.config import Config, Problem
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.config.trials import Trial, try_certificate
from mmbatch_dash.store.documents.interface import Documents

ENABLED, CLIENT = "security.cognito.enabled", "security.cognito.clientID"
NO_WAY_BACK = (
    "cannot be switched on: make a local admin (`auth add-user`) or an admin token first, "
    "or sign in through the pool on the page /admin/cognito"
)
_PROVED: ContextVar[bool] = ContextVar("proved", default=False)


@contextmanager
def proved_by_sign_in() -> Iterator[None]:
    """Within, an admin is about to sign in through the pool, or just did: no other way in is needed."""
    reset = _PROVED.set(True)
    try:
        yield
    finally:
        _PROVED.reset(reset)


def open_config(settings: Settings, documents: Documents, clock: Callable[[], datetime]) -> ConfigStore:
    """The configuration of a server that has a login to try user pools with."""
    trials = (try_certificate, build_login_trial(documents))
    return ConfigStore(settings.data_dir, documents=documents, trials=trials, clock=clock)


def build_login_trial(documents: Documents) -> Trial:
    """The trial of an installation; it asks the pool only where another pool or client comes into force."""
    users, tokens = Users(documents), Tokens(documents)

    def try_login(config: Config, before: Config | None) -> Sequence[Problem]:
        cognito = config.security.cognito
        if not cognito.enabled:
            return []
        old = before.security.cognito if before else None
        if old is not None and old.enabled and _address(config) == _address(before):
            return []
        try:
            probe_pool(describe_pool(cognito))
        except CognitoRefused as error:
            key = CLIENT if error.reason is Reason.CLIENT else ENABLED
            return [Problem(key, f"cannot be used: {error}")]
        # At the first start there is nobody yet who could be locked out.
        if before is None or _PROVED.get() or users.admin_exists() or tokens.admin_exists():
            return []
        return [Problem(ENABLED, NO_WAY_BACK)]

    return try_login


def _address(config: Config | None) -> tuple[str, ...]:
    if config is None:
        return ()
    cognito = config.security.cognito
    return (cognito.region, cognito.user_pool_id, cognito.client_id, cognito.client_secret_file)
