"""Connections and requests of the running server, for whoever watches it."""

from collections.abc import Callable
from dataclasses import dataclass

from mmbatch_dash.front.standing import Refusal, Tally, count_connections


@dataclass(frozen=True, slots=True)
class ConnectionsNow:
    """How it stands.

    Attributes:
        open: connections, idle ones too; None where the system does not say.
        most: how many there may be.
        under_way: requests that came and are not answered.
        waiting: of those, the ones that wait for a thread.
        refused: since the start, by reason.
    """

    open: int | None
    most: int
    under_way: int
    waiting: int
    refused: dict[Refusal, int]

    @property
    def idle(self) -> int | None:
        """Connections on which nothing is under way."""
        return None if self.open is None else max(self.open - self.under_way, 0)


class Connections:
    """What whoever listens tells of its connections; nothing before anybody listens."""

    def __init__(self) -> None:
        self._read: Callable[[], ConnectionsNow] | None = None

    def watch(self, port: int, most: int, tally: Callable[[], Tally]) -> None:
        """Reads from now on what is counted for a port.

        Args:
            port: that is listened on.
            most: connections it may have.
            tally: of what answers there.
        """

        def read() -> ConnectionsNow:
            told = tally()
            return ConnectionsNow(count_connections(port), most, told.under_way, told.waiting, dict(told.refused))

        self._read = read

    def read(self) -> ConnectionsNow | None:
        """How it stands now; None while nobody listens."""
        return self._read() if self._read else None
