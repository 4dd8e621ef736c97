"""What is disowned, over HTTP."""

from pydantic import Field

from mmbatch_dash.api.models.shape import Count, Instant, Shape
from mmbatch_dash.api.models.summary import Figures


class DisownWish(Shape):
    """Whose entries are meant: those of a token, of a source (a pattern), or of both, received in a time."""

    token: str | None = Field(default=None, min_length=1, max_length=256)
    source: str | None = Field(default=None, min_length=1, max_length=1024)
    since: str | None = Field(default=None, alias="from")
    until: str | None = Field(default=None, alias="to")
    undo: bool = False


class DisownedRow(Shape):
    """One line of the list."""

    teller: str | None
    source: str | None
    since: Instant | None = Field(alias="from")
    until: Instant | None = Field(alias="to")


class DisownedBook(Shape):
    """What is disowned, and how far the tables are made anew for it; none where they are."""

    rows: list[DisownedRow]
    rebuilding: float | None


class DisownForeseen(Shape):
    """How many entries it is about, and the headline before and after; none where that cannot be told beforehand."""

    entries: Count
    before: Figures  # type: ignore[valid-type] # made of the declared figures
    after: Figures | None  # type: ignore[valid-type] # made of the declared figures
