"""Pages read the services' own types, so that a renamed field fails the type check and not the page."""

import ast
from collections.abc import Iterator
from pathlib import Path

from mmbatch_dash.services import Services

PAGES = Path(__file__).resolve().parents[2] / "mmbatch_dash" / "pages"
MODULES = {path.relative_to(PAGES).as_posix(): ast.parse(path.read_text()) for path in PAGES.rglob("*.py")}


def named(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_no_page_repeats_a_service_as_a_protocol() -> None:
    classes = [
        f"{name}: {node.name}"
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in named(base) for base in node.bases)
    ]
    assert classes == []


def test_what_pages_are_given_is_the_services_themselves() -> None:
    given = {
        f"{name}: {function.name}": named(argument.annotation)
        for name, tree in MODULES.items()
        for function in functions(tree)
        for argument in function.args.args
        if argument.arg == "services"
    }
    assert len(given) > 10
    assert {place: kind for place, kind in given.items() if kind != Services.__name__} == {}


def test_every_callback_is_wired_by_the_typed_decorator() -> None:
    bare = [
        f"{name}: {function.name}"
        for name, tree in MODULES.items()
        for function in functions(tree)
        for decorator in function.decorator_list
        if named(decorator).startswith("app.callback")
    ]
    assert bare == []
