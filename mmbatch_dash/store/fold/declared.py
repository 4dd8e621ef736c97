"""What a step of the fold says of itself: which tables it reads and writes, and when there is nothing for it to do.

Order and leaving out follow from this; nothing else lists the steps.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import PurePath

import duckdb

from mmbatch_dash.store.line_types import entry_line_type, kept_aside_type
from mmbatch_dash.store.tables import PAIRS, quoted

STEPS = files("mmbatch_dash.store.fold.steps")
FIELDS = ("reads", "makes", "changes", "tells")
GIVEN_TABLES = frozenset({"lines", "again", "pricing", "queue_options"})
"""What the fold itself puts in place before the first step."""
GIVEN_TRUTHS = frozenset({"again"})
TEMPLATES = frozenset({"85_figures"})
"""Scripts with places to fill in, run by other steps alone."""

_READ: dict[str, tuple[duckdb.Statement, ...]] = {}
"""Script → what DuckDB read in it. Bounded: the scripts are the program's own, and hold no values."""
_DECLARED = re.compile(r"^-- ([a-z]+): (.*)$", re.MULTILINE)
_VALUES = {
    "line_type": "'" + entry_line_type().replace("'", "''") + "'",
    "aside_type": "'" + kept_aside_type().replace("'", "''") + "'",
    "fact_columns": quoted(PAIRS["facts"]),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: number and name; steps run in order of their numbers.
        run: does it, on the fold's cursor and in its transaction.
        reads: tables and views whose rows it looks at.
        makes: temporary tables it makes anew for later steps; empty where the step is left out.
        changes: tables it inserts into, updates or deletes from.
        tells: truths in the one row that the step ends with; false where it is left out.
        when: condition under which it has anything to do.
    """

    name: str
    run: Callable[[duckdb.DuckDBPyConnection], object]
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    when: str = "True"

    def is_needed(self, truths: Mapping[str, bool], has_rows: Callable[[str], bool]) -> bool:
        """Whether there is anything to do.

        Args:
            truths: what earlier steps told.
            has_rows: whether a table has any.
        """
        return _holds(_condition(self.when), truths, has_rows)

    def asks(self) -> tuple[set[str], set[str]]:
        """Names of the truths, and of the tables, that the condition asks for."""
        nodes = list(ast.walk(_condition(self.when)))
        tables = {_table_of(node) for node in nodes if isinstance(node, ast.Call)}
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        return names - tables - {"rows"}, tables


@cache
def read_script(name: str) -> str:
    """The SQL of one step, by file name without ending, with what the tables' columns settle filled in."""
    script = STEPS.joinpath(f"{name}.sql").read_text(encoding="utf-8")
    for key, value in _VALUES.items():
        script = script.replace(f"${key}", value)
    return script


@cache
def read_steps() -> tuple[Step, ...]:
    """The steps that are SQL scripts."""
    names = sorted(PurePath(file.name).stem for file in STEPS.iterdir() if file.name.endswith(".sql"))
    return tuple(_declare(name) for name in names if name not in TEMPLATES)


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps in the order to run them.

    Raises:
        ValueError: a step asks for what only a later step makes or tells.
    """
    ordered = tuple(sorted(steps, key=lambda step: step.name))
    to_come = {table for step in ordered for table in step.makes} - GIVEN_TABLES
    told = set(GIVEN_TRUTHS)
    for step in ordered:
        truths, asked = step.asks()
        if early := (to_come & {*step.reads, *step.changes, *asked} - set(step.makes)) | (truths - told):
            raise ValueError(f"Step {step.name} needs {', '.join(sorted(early))}, which no step before it gives.")
        to_come -= set(step.makes)
        told |= set(step.tells)
    return ordered


def run_script(cursor: duckdb.DuckDBPyConnection, *, name: str) -> None:
    """Runs the script of one step."""
    run_text(cursor, read_script(name))


def run_text(cursor: duckdb.DuckDBPyConnection, script: str) -> None:
    """Runs a script that is run again and again; DuckDB reads it once, which saves a tenth of a small batch."""
    statements = _READ.get(script)
    if statements is None:
        statements = _READ[script] = tuple(cursor.extract_statements(script))
    for statement in statements:
        cursor.execute(statement)


def _declare(name: str) -> Step:
    said = dict(_DECLARED.findall(STEPS.joinpath(f"{name}.sql").read_text(encoding="utf-8").partition("\n\n")[0]))
    if unknown := set(said) - {*FIELDS, "when"}:
        raise ValueError(f"Step {name} declares {', '.join(sorted(unknown))}, which means nothing here.")
    lists = {field: tuple(filter(None, re.split(r",\s*", said.get(field, "")))) for field in FIELDS}
    return Step(name, partial(run_script, name=name), when=said.get("when", "True"), **lists)


@cache
def _condition(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _holds(node: ast.expr, truths: Mapping[str, bool], has_rows: Callable[[str], bool]) -> bool:
    match node:
        case ast.BoolOp(ast.And(), parts):
            return all(_holds(part, truths, has_rows) for part in parts)
        case ast.BoolOp(ast.Or(), parts):
            return any(_holds(part, truths, has_rows) for part in parts)
        case ast.UnaryOp(ast.Not(), part):
            return not _holds(part, truths, has_rows)
        case ast.Call():
            return has_rows(_table_of(node))
        case ast.Name(name):
            return truths[name]
        case ast.Constant(bool(value)):
            return value
    raise ValueError(f"A step's condition cannot hold {ast.unparse(node)}.")


def _table_of(call: ast.Call) -> str:
    match call:
        case ast.Call(ast.Name("rows"), [ast.Name(table)], []):
            return table
    raise ValueError(f"A step's condition asks rows(table), not {ast.unparse(call)}.")
