"""What pages start from, read from the configuration each time: a change holds from the next page on."""

from collections.abc import Callable

from mmbatch_dash.pages.ports import PageDefaults


class LiveDefaults(PageDefaults):
    """Page defaults that follow the configuration."""

    def __init__(self, read: Callable[[], PageDefaults]) -> None:
        """Args: read: the defaults in force now."""
        object.__setattr__(self, "_read", read)

    @property
    def timezone(self) -> str:
        """IANA zone of times and days."""
        return self._now().timezone

    @property
    def engineering(self) -> bool:
        """Engineering Mode on."""
        return self._now().engineering

    @property
    def refresh_seconds(self) -> float:
        """How often a live page asks for news."""
        return self._now().refresh_seconds

    def _now(self) -> PageDefaults:
        read: Callable[[], PageDefaults] = self._read  # type: ignore[attr-defined]
        return read()
