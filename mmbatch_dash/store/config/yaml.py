"""config.yaml as text and as values: where each key stands, so that errors name lines. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from mmbatch_dash.domain.config import ConfigRefused, Problem

LARGEST_TEXT = 1_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML text that parses.

    Attributes:
        text: as it stands in the file.
        tree: its plain values, not to be changed; {} for a text of comments only.
        lines: dotted key → line number, from 1.
    """

    text: str
    tree: Any
    lines: Mapping[str, int]

    def line_of(self, key: str) -> int | None:
        """The line of a key, or of the nearest section around it that stands in the file."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key)


def read_document(text: str, *, file: str = "") -> Document:
    """The values and lines of a YAML text.

    Raises:
        ConfigRefused: not YAML, a key twice, or over a megabyte; with the line.
    """
    if len(text) > LARGEST_TEXT:
        raise ConfigRefused([Problem("", f"is over {LARGEST_TEXT} characters, no configuration")], file=file)
    try:
        return _read(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        problem = Problem("", f"is not YAML: {error.problem}", line=mark.line + 1 if mark else None)
        raise ConfigRefused([problem], file=file) from None
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
        raise ConfigRefused([Problem("", f"is not YAML: {reason}")], file=file) from None


@lru_cache(maxsize=4)
def _read(text: str) -> Document:
    """Parsing takes milliseconds, and a save asks for the same text several times."""
    reader = YAML(typ="safe", pure=True)
    root = reader.compose(text)
    tree = None if root is None else reader.constructor.construct_document(root)
    return Document(text, {} if tree is None else tree, dict(_lines(root, "")))


def compose(text: str) -> Node | None:
    """The nodes of a YAML text with their places; None for a text of comments only."""
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    return node


def _lines(node: Node | None, prefix: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                found.append((f"{prefix}{key.value}", key.start_mark.line + 1))
                found.extend(_lines(value, f"{prefix}{key.value}."))
    return found
