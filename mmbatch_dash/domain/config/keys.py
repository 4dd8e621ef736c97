"""The list of every key: what forms, documents, the command line and the API say about it comes from here."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mmbatch_dash.domain.config.config import Config
from mmbatch_dash.domain.config.controls import Control, Kind
from mmbatch_dash.domain.config.fields import Marks, Section


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the configuration.

    Attributes:
        name: dotted, as in `node.ttl`.
        kind: which control edits it.
        valid: what is accepted, in words.
        default: the shipped value, as JSON has it.
        description: a sentence or two.
        choices: the members of a closed choice, else empty.
        word: a word accepted beside the kind's own values.
        marks: unit, and what sets the key apart.
    """

    name: str
    kind: Kind
    valid: str
    default: Any
    description: str
    choices: tuple[str, ...]
    word: str
    marks: Marks

    @property
    def section(self) -> str:
        """The dotted name of the section it is in; empty at the top."""
        return self.name.rpartition(".")[0]


def flatten(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted key → value for every known key that a tree of sections holds, in the order of the models."""
    flat = {}
    for name in KEYS:
        value: Any = tree
        for part in name.split("."):
            value = value.get(part, _ABSENT) if isinstance(value, Mapping) else _ABSENT
        if value is not _ABSENT:
            flat[name] = value
    return flat


def nearest_key(name: str) -> str:
    """The known key or section that `name` most likely means."""

    def likeness(known: str) -> float:
        last = difflib.SequenceMatcher(None, name.rpartition(".")[2].lower(), known.rpartition(".")[2].lower()).ratio()
        whole = difflib.SequenceMatcher(None, name.lower(), known.lower()).ratio()
        return last + whole

    return max((*KEYS, *SECTIONS), key=likeness)


def describe_sections() -> dict[str, str]:
    """Dotted section → its description, in order."""
    return dict(_walk_sections(Config, ""))


def _walk_sections(model: type[Section], prefix: str) -> Iterator[tuple[str, str]]:
    for field in model.model_fields.values():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield f"{prefix}{field.alias}", field.description or ""
            yield from _walk_sections(inner, f"{prefix}{field.alias}.")


def _walk(model: type[Section], prefix: str, defaults: Mapping[str, Any]) -> Iterator[Key]:
    for field in model.model_fields.values():
        alias, inner = field.alias or "", field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _walk(inner, f"{prefix}{alias}.", defaults[alias])
            continue
        control = next(mark for mark in field.metadata if isinstance(mark, Control))
        extra = field.json_schema_extra
        marks = extra["marks"] if isinstance(extra, dict) else Marks()
        yield Key(
            name=prefix + alias,
            kind=control.kind,
            valid=control.valid,
            default=defaults[alias],
            description=field.description or "",
            choices=tuple(map(str, inner)) if isinstance(inner, type) and issubclass(inner, StrEnum) else (),
            word=control.word,
            marks=marks if isinstance(marks, Marks) else Marks(),
        )


_ABSENT = object()
KEYS: dict[str, Key] = {key.name: key for key in _walk(Config, "", Config().as_json())}
SECTIONS: tuple[str, ...] = tuple(describe_sections())
