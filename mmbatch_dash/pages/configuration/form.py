"""Values of the configuration as the controls of the form hold them, and back. Builds no components."""

import re
from collections.abc import Mapping
from typing import Any

from mmbatch_dash.domain.config import (
    KEYS,
    Config,
    ConfigRefused,
    Key,
    Problem,
    flatten,
    from_text,
    parse_config,
    to_text,
    warnings,
)
from mmbatch_dash.domain.config.controls import Kind, show
from mmbatch_dash.domain.durations import parse_duration

HIDDEN = "(set, not shown)"
"""Stands for the value of a secret key: values of such keys never reach a browser."""

_GO_ZEROS = re.compile(r"(?<=h)0m0s$|(?<=m)0s$")

Form = Mapping[str, Any]
"""Dotted key → what its control holds: a switch's bool, rows of a map as pairs, else text."""


def form_value(key: Key, value: Any) -> Any:
    """What the control of a key holds for a value as JSON has it."""
    if key.marks.secret:
        return HIDDEN if value else ""
    if key.kind is Kind.BOOL:
        return value
    if key.kind is Kind.LIST:
        return "\n".join(value)
    if key.kind is Kind.MAP:
        return [[name, item] for name, item in value.items()]
    return _short(key, to_text(value))


def form_of(config: Config) -> dict[str, Any]:
    """What all controls hold for a configuration."""
    return {name: form_value(KEYS[name], value) for name, value in flatten(config.as_json()).items()}


def plain_of(key: Key, held: Any) -> Any:
    """The value, as YAML has it, that a control stands for.

    Raises:
        ConfigRefused: a map names something twice, which no mapping can say.
    """
    if key.kind is Kind.BOOL:
        return bool(held)
    if key.kind is Kind.LIST:
        return [line.strip() for line in str(held or "").splitlines() if line.strip()]
    if key.kind is Kind.MAP:
        names = [str(name).strip() for name, _ in held or []]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigRefused([Problem(key.name, f"must not name {show(twice)} twice")])
        return {str(name).strip(): str(value).strip() for name, value in held or []}
    return from_text(key, str(held or ""))


def changed(form: Form, base: Form) -> dict[str, Any]:
    """Key → what its control holds, where that means something else than what it held when the form was opened."""
    return {
        name: form[name]
        for name, was in base.items()
        if name in form and _sense(KEYS[name], form[name]) != _sense(KEYS[name], was)
    }


def changes_of(form: Form) -> dict[str, Any]:
    """Key → value as YAML has it, for the controls given.

    Raises:
        ConfigRefused: with each control that stands for no value at all.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, held in form.items():
        try:
            values[name] = plain_of(KEYS[name], held)
        except ConfigRefused as error:
            problems += error.problems
    if problems:
        raise ConfigRefused(problems)
    return values


def check(config: Config, form: Form) -> tuple[dict[str, Problem], dict[str, Problem]]:
    """Key → what is wrong, and key → what is doubtful, were these controls' values saved over a configuration.

    Only what the values say themselves; files, addresses and pools are tried when the change is reviewed.
    """
    wrong: dict[str, Problem] = {}
    # What is wrong is told first, then what is doubtful about the rest.
    while True:
        try:
            parsed = parse_config(_changed_tree(config, changes_of(form)))
        except ConfigRefused as error:
            found = {problem.key: problem for problem in error.problems if problem.key not in wrong}
            wrong |= found
            left = {name: held for name, held in form.items() if name not in wrong}
            if not found or left == form:
                return wrong, {}
            form = left
        else:
            return wrong, {problem.key: problem for problem in warnings(parsed)}


def _changed_tree(config: Config, values: Mapping[str, Any]) -> dict[str, Any]:
    tree = config.as_json()
    for name, value in values.items():
        *sections, last = name.split(".")
        place = tree
        for section in sections:
            place = place[section]
        place[last] = value
    return tree


def mask(text: str) -> str:
    """A YAML text without the values of secret keys."""
    for key in KEYS.values():
        if key.marks.secret and key.kind is Kind.TREE:
            text = _mask_tree(text, key.name.rpartition(".")[2])
        elif key.marks.secret:
            name = re.escape(key.name.rpartition(".")[2])
            text = re.sub(
                rf"^(\s*{name}:[ \t]*)(?!\"\"|''|\s*(?:#|$))\S.*$", rf"\g<1>{HIDDEN}", text, flags=re.MULTILINE
            )
            text = re.sub(rf"({name}:[ \t]*)(?!\"\"|''|\()[^,}}\s#][^,}}\n]*", rf"\g<1>{HIDDEN}", text)
    return text


def _mask_tree(text: str, name: str) -> str:
    """The YAML text without what stands under a name: on its line within braces, or on the deeper lines below it."""
    lines: list[str] = []
    depth: int | None = None
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent > depth:
            continue
        depth = None
        start, found, rest = line.partition(f"{name}:")
        value = rest.split("#")[0].strip()
        if found and not value.startswith("[") and value not in ("{}", '""'):
            if not start.strip():
                depth = indent
            lines.append(f"{start}{name}: {HIDDEN}")
        else:
            lines.append(line)
    return "\n".join(lines)


def shown(name: str, value: Any) -> str:
    """A value as sentences and tables name it."""
    if KEYS[name].marks.secret:
        return HIDDEN if value else "empty"
    if KEYS[name].kind is Kind.BOOL:
        return "on" if value else "off"
    return _short(KEYS[name], to_text(value)) or "empty"


def shown_held(name: str, held: Any) -> str:
    """What a control holds, as sentences and tables name it."""
    if KEYS[name].marks.secret:
        return HIDDEN if held else "empty"
    try:
        return shown(name, plain_of(KEYS[name], held))
    except ConfigRefused:
        return "entries with the same name"


def _sense(key: Key, held: Any) -> Any:
    """What a control stands for, so that `15m` and `15m0s` are no difference."""
    try:
        value = plain_of(key, held)
    except ConfigRefused:
        return held
    if key.kind is Kind.DURATION and isinstance(value, str):
        return _exact(value)
    return value


def _short(key: Key, text: str) -> str:
    """`15m` for `15m0s`, as people write it."""
    return _GO_ZEROS.sub("", text) if key.kind is Kind.DURATION else text


def _exact(text: str) -> int | str:
    try:
        return parse_duration(text).nanoseconds
    except ValueError:
        return text
