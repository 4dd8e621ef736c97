"""The access mode: login, set-up, this machine only, or everybody. Says also where the server may listen."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.settings import SETUP_VARIABLE, Settings
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.documents.interface import Documents


class AccessMode(StrEnum):
    """Who may call at all.

    LOGIN: everybody must be known. SETUP: closed but for the one-time link. LOOPBACK: whoever calls from this machine
    may do everything. INSECURE: whoever calls may do everything.
    """

    LOGIN = "login"
    SETUP = "setup"
    LOOPBACK = "loopback"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True)
class AccessModes:
    """Looks which access mode holds now: users and configuration may change beside it."""

    settings: Settings
    users: Users
    config: Callable[[], Config]

    def now(self) -> AccessMode:
        """The access mode at this moment."""
        if self.users.exist() or self.config().security.cognito.enabled:
            return AccessMode.LOGIN
        if self.settings.insecure_open:
            return AccessMode.INSECURE
        return AccessMode.SETUP if self.settings.setup_link else AccessMode.LOOPBACK


def refuse_open_network(settings: Settings, documents: Documents, host: str) -> None:
    """Refuses an address that others reach, if nobody would have to log in there.

    Raises:
        MmbatchDashError: with what to do instead.
    """
    store = open_config(settings, documents, lambda: datetime.now(UTC))
    check_listening(host, AccessModes(settings, Users(documents), store.current).now())


def check_listening(host: str, mode: AccessMode) -> None:
    """Refuses an address that others reach while there is no login.

    Raises:
        MmbatchDashError: with what to do instead.
    """
    if mode is AccessMode.LOOPBACK and not is_loopback(host):
        raise MmbatchDashError(
            f"Nobody has to log in here, so this server listens only on this machine, not on {host}. Make a user with "
            "`python -m mmbatch_dash auth add-user NAME --role admin --password-stdin`, or listen on 127.0.0.1; "
            f"{SETUP_VARIABLE}=1 starts it closed with a one-time set-up link; --insecure-open lets everybody in."
        )


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def host_of(header: str) -> str:
    """The host of a Host header, without its port."""
    if header.startswith("["):
        return header.partition("]")[0].lstrip("[")
    return header.rpartition(":")[0] if header.count(":") == 1 else header
