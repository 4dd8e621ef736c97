"""By which schema, steps and figures tables are made, as one digest: tables of another are made anew.

What the SQL says counts, not how it is laid out, commented or labelled; so does the Python that puts SQL together.
"""

import ast
import re
from functools import cache
from hashlib import blake2b
from importlib.resources import files

from mmbatch_dash.domain.figures import PER_JOB
from mmbatch_dash.store.aggregates import select_of_jobs
from mmbatch_dash.store.figure_sql import compile_figures
from mmbatch_dash.store.fold.declared import TEMPLATES, read_script, read_steps
from mmbatch_dash.store.rollup import rollup_statements
from mmbatch_dash.store.tables import pair_statements

_MODULES = (
    "fold/beats.py",
    "fold/write.py",
    "fold/pending.py",
    "fold/settings.py",
    "fold/removing.py",
    "rollup.py",
    "daily.py",
)
_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*")


@cache
def projection_digest() -> str:
    """The digest of all that decides what stands in the tables."""
    scripts = {name: read_script(name) for name in sorted({*(step.name for step in read_steps()), *TEMPLATES})}
    sql = [_read("schema.sql"), _read("macros.sql"), *pair_statements(), *rollup_statements(), select_of_jobs()]
    figures = compile_figures(figure.name for figure in PER_JOB)
    sql += [figures.figures(), *(figures.sums_of(table) for table in figures.sums)]
    parts = [*map(normalise_sql, sql), *(f"{name} {normalise_sql(text)}" for name, text in scripts.items())]
    return _digest([*parts, *(normalise_python(_read(name)) for name in _MODULES)])


@cache
def reading_digest() -> str:
    """The digest of what queries take for granted of tables besides their columns, as how keys are made."""
    return _digest([normalise_sql(_read("macros.sql"))])


def normalise_sql(text: str) -> str:
    """The SQL without comments, and with one space where there was any."""
    bare = _COMMENT.sub(lambda found: found[0] if found[0].startswith("'") else " ", text)
    return " ".join(bare.split())


def normalise_python(text: str) -> str:
    """The code without comments, docstrings and layout."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_text(part)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _digest(parts: list[str]) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def _read(name: str) -> str:
    return files("mmbatch_dash.store").joinpath(name).read_text(encoding="utf-8")
