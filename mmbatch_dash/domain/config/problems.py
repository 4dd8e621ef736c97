"""What is wrong with a configuration, in sentences that are the same whichever door the values came through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mmbatch_dash.domain.config.controls import show
from mmbatch_dash.domain.config.keys import KEYS, nearest_key
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, or worth a warning.

    Attributes:
        key: dotted key; empty when it is the whole.
        message: what is wrong, reading on from the key.
        nearest: the known key an unknown one most likely means.
        line: line of the file it stands on, when it came from a file.
    """

    key: str
    message: str
    nearest: str = ""
    line: int | None = None

    @property
    def sentence(self) -> str:
        """Key and message."""
        return f"{self.key}: {self.message}" if self.key else self.message


class ConfigRefused(InvalidInput):
    """A configuration breaks rules, and nothing of it is applied.

    Attributes:
        problems: everything wrong, at least one.
        file: path of the file it was read from; empty for values from elsewhere.
    """

    def __init__(self, problems: Iterable[Problem], *, file: str = "") -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        self.file = file
        super().__init__("; ".join(self.sentences))
        self.field = self.problems[0].key

    @property
    def sentences(self) -> list[str]:
        """A sentence for each problem, with file and line where it came from a file."""
        return [f"{self._place(problem)}{problem.sentence}" for problem in self.problems]

    def _place(self, problem: Problem) -> str:
        if not self.file:
            return ""
        return f"{self.file}, line {problem.line}: " if problem.line else f"{self.file}: "


class ConfigConflict(MmbatchDashError):
    """Somebody else saved since the values to change were read; nothing is applied.

    Attributes:
        version: the version in force now.
        values: dotted key → (value in force now, value that was to be saved), for each key to be changed.
    """

    def __init__(self, version: int, values: dict[str, tuple[Any, Any]]) -> None:
        self.version = version
        self.values = values
        told = ", ".join(
            f"{key} is {show(now)} and was to become {show(wanted)}" for key, (now, wanted) in values.items()
        )
        super().__init__(
            f"The configuration was changed by somebody else since it was read; now {told}. Look, then save again."
        )


def unknown_key(name: str) -> Problem:
    """The problem of a key that does not exist."""
    nearest = nearest_key(name)
    return Problem(name, f"is not a known key; the nearest is {nearest}", nearest)


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's findings as problems, in its order, one for each key."""
    found: dict[str, Problem] = {}
    for details in error.errors(include_url=False):
        problem = _translate(details)
        found.setdefault(problem.key, problem)
    return list(found.values())


def _translate(details: ErrorDetails) -> Problem:
    parts = [str(part) for part in details["loc"]]
    if details["type"] == "extra_forbidden":
        return unknown_key(".".join(parts))
    known = next((".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in KEYS), "")
    entry = [part for part in parts[known.count(".") + 1 :] if not part.isdigit() and part != "[key]"] if known else []
    problem = Problem(known or ".".join(parts), _sentence_end(details))
    return replace(problem, message=f"{show(entry[0])} {problem.message}") if entry else problem


_SENTENCE_ENDS = {
    "refused": "{reason}",
    "duration": "{reason}",
    "bool_type": "must be true or false, not {given}",
    "int_type": "must be a whole number, not {given}",
    "greater_than": "must be greater than {gt}, not {given}",
    "less_than_equal": "must be at most {le}, not {given}",
    "enum": "must be one of {choices}, not {given}",
    "string_type": "must be text, not {given}; put it in quotes if it is meant as text",
    "tuple_type": 'must be a list such as a,b or ["a","b"], not {given}',
    "dict_type": 'must be a mapping of names to values such as a:x,b:y or {{"a":"x"}}, not {given}',
    "model_type": "must be a section with keys of its own, not {given}",
    "invalid_key": "must have text as its keys, not {given}",
    "too_short": "must not be empty",
}


def _sentence_end(details: ErrorDetails) -> str:
    words = {**details.get("ctx", {}), "given": show(details["input"])}
    words["choices"] = str(words.get("expected", "")).replace("'", "").replace(" or ", ", ")
    return _SENTENCE_ENDS.get(details["type"], "is not valid").format_map(words)
