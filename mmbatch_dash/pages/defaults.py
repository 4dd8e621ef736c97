"""What pages start from where the address says nothing: fixed, or read from the configuration each time."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageDefaults:
    """What a page starts from where its address says nothing.

    Attributes:
        timezone: IANA zone of times and days.
        engineering: Engineering Mode on.
        refresh_seconds: how often a live page asks for news.
    """

    timezone: str = "UTC"
    engineering: bool = False
    refresh_seconds: float = 15.0


class LiveDefaults(PageDefaults):
    """Page defaults that follow the configuration: a change holds from the next page on."""

    _read: Callable[[], PageDefaults]

    def __init__(self, read: Callable[[], PageDefaults]) -> None:
        """Args: read: the defaults in force now."""
        object.__setattr__(self, "_read", read)

    @property
    def timezone(self) -> str:
        """IANA zone of times and days."""
        return self._read().timezone

    @property
    def engineering(self) -> bool:
        """Engineering Mode on."""
        return self._read().engineering

    @property
    def refresh_seconds(self) -> float:
        """How often a live page asks for news."""
        return self._read().refresh_seconds
