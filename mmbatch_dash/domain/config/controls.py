"""What a type of value says of itself: which control edits it, what is valid in words, how an error names it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


class Kind(StrEnum):
    """Which control edits a value, and how its text form is read."""

    BOOL = "bool"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    PATH = "path"
    DURATION = "duration"
    CHOICE = "choice"
    LIST = "list"
    MAP = "map"
    TREE = "tree"


@dataclass(frozen=True, slots=True)
class Control:
    """How people give a value of a type.

    Attributes:
        kind: the control.
        valid: what is accepted, in words; empty where the kind says it all.
        word: the one word accepted beside the kind's own values, standing for None.
    """

    kind: Kind
    valid: str = ""
    word: str = ""


_NOTHING = object()


def refuse(reason: str, value: object = _NOTHING) -> PydanticCustomError:
    """An error that reads on from the key: "must be a UUID, not 'x'".

    Args:
        reason: what is asked for.
        value: what was given, where naming it helps.
    """
    text = reason if value is _NOTHING else f"{reason}, not {show(value)}"
    return PydanticCustomError("refused", "{reason}", {"reason": text})


def rule(holds: Callable[[Any], object], reason: str, *, secret: bool = False) -> AfterValidator:
    """A validator that refuses with `reason` and the value, if that is no secret, where `holds` is not true."""

    def check(value: Any) -> Any:
        if not holds(value):
            raise refuse(f"{reason}; the one given is not shown") if secret else refuse(reason, value)
        return value

    return AfterValidator(check)


def show(value: object) -> str:
    """A value as an error names it: the same text whichever door it came through, cut where it is long."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= 80 else text[:77] + "..."
    return f"'{text}'" if isinstance(value, str) else text


def choice_control(valid: type[StrEnum]) -> Control:
    """The control of a closed choice."""
    return Control(Kind.CHOICE, ", ".join(valid))
