"""What is disowned: entries that the figures are to leave out, by who told them, their source, and when they came."""

from dataclasses import dataclass
from datetime import datetime

from mmbatch_dash.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Disowned:
    """Entries of one teller or source, received in a time.

    Attributes:
        teller: as entries name it, such as token:nightly; None takes every one.
        source: pattern of the event's source, * for anything; None takes every one.
        since: received at or after; None takes from the first.
        until: received before; None takes up to the last, and whatever comes.
    """

    teller: str | None
    source: str | None
    since: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        of = " and ".join(
            text for text in (self.teller, f"source {self.source}" if self.source else None) if text is not None
        )
        since = f" from {self.since:%Y-%m-%dT%H:%M:%SZ}" if self.since else ""
        until = f" to {self.until:%Y-%m-%dT%H:%M:%SZ}" if self.until else ""
        return f"{of}{since}{until}"


def disown(token: str | None, source: str | None, since: datetime | None, until: datetime | None) -> Disowned:
    """What is to be disowned, checked.

    Raises:
        InvalidInput: neither a token nor a source, or a time that ends before it begins.
    """
    if not token and not source:
        raise InvalidInput("Say whose entries: --token NAME, --source PATTERN, or both.")
    if since and until and until <= since:
        raise InvalidInput("must be after --from", field="--to")
    return Disowned(f"token:{token}" if token else None, source, since, until)
