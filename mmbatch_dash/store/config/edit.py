"""Changes values in a YAML text and nothing else: every other byte, comment, quote and indent stays.

Places come from ruamel's node tree; the text between them is spliced. A round trip through a dumper would
normalise indents and rewrite `~`, and would lose the comments of a list that is replaced.
"""

from collections.abc import Mapping
from copy import deepcopy
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from mmbatch_dash.domain.config import ConfigRefused, Problem
from mmbatch_dash.store.config.scalars import flow_text, scalar_text
from mmbatch_dash.store.config.yaml import compose, read_document

WIDE = 90
"""A list or map that would make a longer line is written one entry a line."""


def set_values(text: str, changes: Mapping[str, Any]) -> str:
    """The text with these dotted keys set to these plain values; keys it lacks are added to their section.

    Raises:
        ConfigRefused: the text is written in a way that cannot be changed key by key, with aliases for instance.
    """
    expected = deepcopy(read_document(text).tree)
    try:
        for key, value in changes.items():
            text = _set(text, key.split("."), value)
            _set_in_tree(expected, key.split("."), value)
        kept = read_document(text).tree == expected
    except (ConfigRefused, YAMLError):
        kept = False
    if not kept:
        names = ", ".join(changes)
        raise ConfigRefused(
            [Problem("", f"{names} cannot be changed in config.yaml as it is written; change it by hand")]
        )
    return text


def _set_in_tree(tree: dict[str, Any], parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        if tree.get(part) is None:
            tree[part] = {}
        tree = tree[part]
    tree[parts[-1]] = value


def _set(text: str, parts: list[str], value: Any) -> str:
    node = compose(text)
    if node is None:
        return _insert_lines(text, len(text), _block(parts, value, ""), text)
    for depth, part in enumerate(parts):
        if not isinstance(node, MappingNode):
            break
        entry = next(((k, v) for k, v in node.value if k.value == part), None)
        if entry is None:
            return _add(text, node, parts[depth:], value)
        flow = bool(node.flow_style)
        key, node = entry
        indent = " " * key.start_mark.column
        if depth == len(parts) - 1:
            return _replace(text, key, node, value, None if flow else indent)
        if not _has_entries(node):
            return _put_block(text, key, node, _block(parts[depth + 1 :], value, indent + "  "))
    raise ConfigRefused([Problem(".".join(parts), "cannot be set; what stands around it is no section")])


def _has_entries(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.value)


def _replace(text: str, key: ScalarNode, old: Node, value: Any, indent: str | None) -> str:
    """Sets the value of a key that stands in the text; `indent` is None inside a one-line map."""
    if not isinstance(value, Mapping | list):
        start, end = _span(text, key, old)
        space = " " if text[start - 1] == ":" else ""
        return text[:start] + space + scalar_text(value, getattr(old, "style", None)) + text[end:]
    if _is_block(old) and value:
        if isinstance(old, MappingNode) and isinstance(value, Mapping):
            return _edit_map(text, old, value)
        if isinstance(old, SequenceNode) and isinstance(value, list):
            return _edit_list(text, old, value)
    if _is_block(old):
        for start, end in reversed([_line_span(text, item) for item in _items(old)]):
            text = text[:start] + text[end:]
        colon = text.index(":", key.end_mark.index) + 1
        return text[:colon] + " " + flow_text(value) + text[colon:]
    written = flow_text(value)
    if indent is not None and len(indent) + len(key.value) + len(written) > WIDE:
        return _put_block(text, key, old, _entries(value, indent + "  "))
    start, end = _span(text, key, old)
    return text[:start] + (" " if text[start - 1] == ":" else "") + written + text[end:]


def _edit_map(text: str, old: MappingNode, new: Mapping[str, Any]) -> str:
    entries = old.value
    held = {key.value for key, _ in entries}
    indent = " " * entries[0][0].start_mark.column
    added = [line for name, item in new.items() if name not in held for line in _entries({name: item}, indent)]
    original, end = text, _line_end(text, _end(entries[-1][1], text, entries[-1][0]))
    text = _insert_lines(text, end, added, original)
    for key, value in reversed(entries):
        start, stop = _span(original, key, value)
        if key.value not in new:
            first, last = _line_start(original, key.start_mark.index), _line_end(original, stop)
            text = text[:first] + text[last:]
        elif value.value != str(new[key.value]):
            space = " " if original[start - 1] == ":" else ""
            text = text[:start] + space + scalar_text(new[key.value], value.style) + text[stop:]
    return text


def _edit_list(text: str, old: SequenceNode, new: list[Any]) -> str:
    items, original = old.value, text
    spans = [_line_span(original, item) for item in items]
    first = spans[0][0]
    lead = original[first : items[0].start_mark.index]
    matcher = SequenceMatcher(None, [item.value for item in items], [str(item) for item in new], autojunk=False)
    for verb, i1, i2, j1, j2 in reversed(matcher.get_opcodes()):
        if verb == "equal":
            continue
        shared = min(i2 - i1, j2 - j1)
        place = spans[i1 + shared - 1][1] if i1 + shared else first
        lines = [lead + scalar_text(item) for item in new[j1 + shared : j2]]
        removed = spans[i1 + shared : i2]
        for start, end in reversed(removed):
            text = text[:start] + text[end:]
        if lines:
            text = _insert_lines(text, place, lines, original)
        for item, value in reversed(list(zip(items[i1 : i1 + shared], new[j1 : j1 + shared], strict=True))):
            start, end = item.start_mark.index, _end(item, original)
            text = text[:start] + scalar_text(value, item.style) + text[end:]
    return text


def _add(text: str, mapping: MappingNode, parts: list[str], value: Any) -> str:
    if not _is_block(mapping):
        tree: dict[str, Any] = deepcopy(read_document(text[mapping.start_mark.index : mapping.end_mark.index]).tree)
        _set_in_tree(tree, parts, value)
        return text[: mapping.start_mark.index] + flow_text(tree) + text[mapping.end_mark.index :]
    last_key, last = mapping.value[-1]
    indent = " " * mapping.value[0][0].start_mark.column
    return _insert_lines(text, _line_end(text, _end(last, text, last_key)), _block(parts, value, indent), text)


def _put_block(text: str, key: ScalarNode, old: Node, lines: list[str]) -> str:
    """Puts lines under a key in place of what stands behind it; a comment behind it stays there."""
    start, end = _span(text, key, old)
    original, text = text, text[:start].rstrip(" ") + text[end:]
    return _insert_lines(text, _line_end(text, len(original[:start].rstrip(" "))), lines, original)


def _block(parts: list[str], value: Any, indent: str) -> list[str]:
    """Lines that set a dotted key under its sections."""
    lines = [f"{indent}{'  ' * depth}{part}:" for depth, part in enumerate(parts[:-1])]
    return [*lines, *_entries({parts[-1]: value}, indent + "  " * (len(parts) - 1))]


def _entries(value: Mapping[str, Any] | list[Any], indent: str) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{indent}{scalar_text(name)}: {flow_text(item)}" for name, item in value.items()]
    return [f"{indent}- {scalar_text(item)}" for item in value]


def _is_block(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.value) and not node.flow_style


def _items(node: Node) -> list[Node]:
    return [item[0] for item in node.value] if isinstance(node, MappingNode) else list(node.value)


def _span(text: str, key: ScalarNode, value: Node) -> tuple[int, int]:
    """Where a value begins and ends; for an empty one, the place behind the colon."""
    end = _end(value, text, key)
    return (end, end) if _is_nothing(value) else (value.start_mark.index, end)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value == "" and node.style is None


def _end(node: Node, text: str, key: Node | None = None) -> int:
    """The place behind the last character of a node; block nodes end with their last leaf, not with the comments."""
    if _is_nothing(node) and key is not None:
        return text.index(":", key.end_mark.index) + 1
    if _is_block(node):
        last = node.value[-1]
        return _end(last[1], text, last[0]) if isinstance(last, tuple) else _end(last, text)
    start: int = node.start_mark.index
    return max(start, len(text[: node.end_mark.index].rstrip()))


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _line_end(text: str, place: int) -> int:
    """The place behind the line break of the line that `place` is on."""
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def _line_span(text: str, node: Node) -> tuple[int, int]:
    return _line_start(text, node.start_mark.index), _line_end(text, _end(node, text))


def _insert_lines(text: str, place: int, lines: list[str], original: str) -> str:
    newline = "\r\n" if "\r\n" in original else "\n"
    lead = newline if place and text[place - 1] != "\n" else ""
    return text[:place] + lead + "".join(line + newline for line in lines) + text[place:]
