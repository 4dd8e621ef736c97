"""The one shape of every error."""

from typing import Any

from pydantic import Field

from mmbatch_dash.api.models.shape import Shape


class Error(Shape):
    """What every error of every endpoint answers."""

    statusCode: int = Field(description="The HTTP status.")  # noqa: N815 - the published key
    errorCode: int = Field(description="A number that stays the same for scripts.")  # noqa: N815 - the published key
    message: str = Field(description="What is wrong, and what to do.")
    details: list[Any] = Field(description="What is wrong, item by item.")
