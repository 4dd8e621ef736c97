"""Making the tables anew, over HTTP."""

from typing import Literal

from pydantic import Field

from mmbatch_dash.api.models.shape import Count, Shape


class RebuildWish(Shape):
    """How it is to be done."""

    accept_loss: bool = Field(False, description="Show the new tables even where they are made from fewer events.")


class RebuildState(Shape):
    """How far it is, and what came of it."""

    status: Literal["rebuilding", "done"]
    share: float | None = Field(description="Of the journal that is done; none where nothing is under way.")
    refused: str | None = Field(description="Why the tables before stay; none where they do not.")
    problem: str | None = Field(description="Why folding stands still; it is tried again by itself.")
    damaged_places: Count = Field(description="Places of the journal that could not be read.")
    lost_bytes: Count
