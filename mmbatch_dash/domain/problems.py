"""The one shape of every error body, as the MMBatch API publishes it (events.md section 1)."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any


class ErrorCode(IntEnum):
    """Numbers of `errorCode`, stable for scripts."""

    INTERNAL = 1000
    NOT_FOUND = 1001
    METHOD = 1002
    INVALID = 1003
    TOO_LARGE = 1004
    MEDIA_TYPE = 1005
    UNAVAILABLE = 1006
    UNAUTHENTICATED = 1007
    FORBIDDEN = 1008
    CONFLICT = 1009
    TOO_MANY = 1010


_BY_STATUS = {
    400: ErrorCode.INVALID,
    401: ErrorCode.UNAUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD,
    409: ErrorCode.CONFLICT,
    412: ErrorCode.CONFLICT,
    413: ErrorCode.TOO_LARGE,
    415: ErrorCode.MEDIA_TYPE,
    422: ErrorCode.INVALID,
    429: ErrorCode.TOO_MANY,
    503: ErrorCode.UNAVAILABLE,
}


def problem_body(
    status: int, message: str, *, code: ErrorCode | None = None, details: Sequence[Any] = (), **more: Any
) -> dict[str, Any]:
    """The JSON of an error answer.

    Args:
        status: HTTP status.
        message: a sentence naming the thing and the remedy.
        code: error code; None takes the one that belongs to the status.
        details: what is wrong, item by item.
        **more: further keys an endpoint documents.
    """
    chosen = code if code is not None else _BY_STATUS.get(status, ErrorCode.INTERNAL)
    return {"statusCode": status, "errorCode": int(chosen), "message": message, "details": list(details), **more}
