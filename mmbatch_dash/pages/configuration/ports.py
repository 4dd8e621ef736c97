"""What this page asks of the services, beyond what every page does."""

from collections.abc import Sequence
from typing import Any, Protocol

from mmbatch_dash.pages.ports import Services
from mmbatch_dash.services.applying import Pending
from mmbatch_dash.services.obedience import Obeys
from mmbatch_dash.store.config_store import ConfigStore


class Applying(Protocol):
    """What is in force, as far as it is not what is configured."""

    def pending(self) -> Sequence[Pending]:
        """Keys whose configured value waits for a restart."""

    def can_restart(self) -> bool:
        """Whether the process can be told to start anew."""

    def restart(self) -> None:
        """Starts anew, once the answers under way are given."""


class Obedience(Protocol):
    """Who fetched which configuration."""

    def report(self) -> Obeys:
        """Everybody known."""


class Sync(Protocol):
    """Asking AWS."""

    def describe(self) -> dict[str, Any]:
        """The JSON of GET /api/v1/sync."""


class ConfigurationServices(Services, Protocol):
    """What the page is given."""

    @property
    def config(self) -> ConfigStore:
        """The configuration."""

    @property
    def applying(self) -> Applying:
        """What waits for a restart."""

    @property
    def sync(self) -> Sync:
        """Asking AWS."""

    @property
    def obedience(self) -> Obedience:
        """Who obeys."""
