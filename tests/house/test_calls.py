"""Calls that a reader cannot check by eye are written with names."""

import ast
from pathlib import Path

from tests.house.test_walls import PACKAGE, modules

MOST_POSITIONAL = 8
WIRING = ("callback", "clientside_callback")
"""Dash takes outputs, inputs and states one after another."""


def test_no_call_lines_up_more_values_than_one_can_count() -> None:
    assert {place: count for path in modules() for place, count in long_calls(path) if count > MOST_POSITIONAL} == {}


def long_calls(path: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            plain = [given for given in node.args if not isinstance(given, ast.Starred)]
            if name not in WIRING:
                found.append((f"{path.relative_to(PACKAGE)}:{node.lineno} {name}", len(plain)))
    return found
