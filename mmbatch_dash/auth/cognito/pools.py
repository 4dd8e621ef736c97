"""The user pool in force, and the keys of pools."""

from collections.abc import Callable

from mmbatch_dash.adapters.user_pool import KeyRing, UserPool, describe_pool
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.config.security import Cognito


class Pools:
    """Follows the configuration."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self._config = config
        self._key_rings: dict[str, KeyRing] = {}

    @property
    def settings(self) -> Cognito:
        """How login through a pool is configured now."""
        return self._config().security.cognito

    def current(self) -> UserPool:
        """The user pool in force."""
        return describe_pool(self.settings)

    def keys_of(self, pool: UserPool) -> KeyRing:
        """The pool's keys, fetched once for all."""
        return self._key_rings.setdefault(pool.keys_url, KeyRing(pool.keys_url))

    def stamp(self) -> str:
        """Names pool and client in force; a session made under others is over."""
        cognito = self.settings
        return f"{cognito.region}/{cognito.user_pool_id}/{cognito.client_id}" if cognito.enabled else ""
