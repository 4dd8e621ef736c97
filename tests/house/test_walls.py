"""The walls of the house: layers, sizes, names, docstrings. A wall is moved in its own commit, never cut."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "mmbatch_dash"
WEB = {"dash", "dash_ag_grid", "dash_bootstrap_components", "flask", "plotly", "werkzeug"}
WEBLESS = ("domain", "store", "metrics", "explanations", "adapters", "demo", "front")
MAX_LINES = 300
MAX_TEST_LINES = 400


def modules(folder: Path = PACKAGE) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    """Every module name a file imports, late imports included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def top_packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(PROJECT)) for path in paths]


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_store_imports_duckdb() -> None:
    outside = [path for path in modules() if PACKAGE / "store" not in path.parents]
    assert named([path for path in outside if "duckdb" in top_packages(path)]) == []


@pytest.mark.parametrize("layer", WEBLESS)
def test_no_web_framework_below_the_services(layer: str) -> None:
    assert named([path for path in modules(PACKAGE / layer) if WEB & top_packages(path)]) == []


def test_the_domain_needs_only_the_standard_library_and_pydantic() -> None:
    # Before Python 3.12 pydantic reads only the TypedDict of typing_extensions, which it brings along.
    pydantic = {"pydantic", "pydantic_core", "typing_extensions"}
    allowed = set(sys.stdlib_module_names) | pydantic | {"mmbatch_dash"}
    assert [path.name for path in modules(PACKAGE / "domain") if top_packages(path) - allowed] == []


def test_no_module_is_too_long() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in [*modules(), *modules(PROJECT / "tests")]}
    limits = {path: MAX_LINES if PACKAGE in path.parents else MAX_TEST_LINES for path in lengths}
    assert {str(path): count for path, count in lengths.items() if count > limits[path]} == {}


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert named([path for path in modules() if path.stem in drawers or drawers & set(path.parts[-2:-1])]) == []


def test_every_module_says_its_duty_first() -> None:
    silent = [path for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert named(silent) == []


def test_the_package_never_prints() -> None:
    calls = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert calls == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-cluster.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_to_ranges(name: str) -> None:
    lines = [line.split("#")[0].strip() for line in (PROJECT / name).read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-r ")]
    assert wanted
    assert [line for line in wanted if not re.fullmatch(r"[A-Za-z0-9._,\[\]-]+>=[\d.]+(,<[\d.]+)?", line)] == []


def test_what_the_package_imports_is_required() -> None:
    from importlib.metadata import packages_distributions

    required = {
        name: {
            re.split(r"[>=\[<]", line)[0].lower().replace("_", "-")
            for line in (PROJECT / name).read_text().splitlines()
            if line and not line.startswith("#")
        }
        for name in ("requirements.txt", "requirements-cluster.txt")
    }
    carried = {"werkzeug": "flask", "botocore": "boto3", "click": "typer", "pydantic-core": "pydantic"}
    carried |= {"typing-extensions": "pydantic", "wtforms": "flask-wtf", "psycopg-pool": "psycopg"}
    providers = packages_distributions()
    missing = set()
    for path in modules():
        # One machine that serves alone needs nothing of the cluster's.
        here = required["requirements.txt"] | (
            required["requirements-cluster.txt"] if path.is_relative_to(PACKAGE / "store" / "cluster") else set()
        )
        for package in top_packages(path) - set(sys.stdlib_module_names) - {"mmbatch_dash", "", "_typeshed"}:
            given = {name.lower().replace("_", "-") for name in providers.get(package, [package])}
            if not {carried.get(name, name) for name in given} & here:
                missing.add(package)
    assert missing == set()
