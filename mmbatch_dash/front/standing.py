"""How a front stands at a moment: connections, requests under way and waiting, and what it refused."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

_TABLES = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
"""Of the kernel: the server software tells of no connection that asks for nothing."""
_ESTABLISHED = "01"


class Refusal(StrEnum):
    """Why a request was not worked on."""

    BUSY = "busy"
    SLOW = "slow"
    ENDING = "ending"


@dataclass(slots=True)
class Tally:
    """What a front counts of itself; written by its event loop alone, read by anybody.

    Attributes:
        under_way: requests that came and are not answered.
        waiting: of those, the ones that wait for a thread.
        refused: since the start, by reason.
    """

    under_way: int = 0
    waiting: int = 0
    refused: dict[Refusal, int] = field(default_factory=lambda: dict.fromkeys(Refusal, 0))


def count_connections(port: int) -> int | None:
    """Established connections to a local port; None where the system does not say."""
    found, told = 0, False
    for table in _TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        told = True
        for line in lines:
            _, local, _, state, *_ = line.split(maxsplit=4)
            found += state == _ESTABLISHED and int(local.rpartition(":")[2], 16) == port
    return found if told else None
