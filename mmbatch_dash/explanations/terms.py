"""A formula with the numbers of a job in it, as the fold kept them."""

import math
from datetime import datetime

from mmbatch_dash.domain.figures.formula import (
    Column,
    Formula,
    Given,
    Leaf,
    OfLatest,
    Only,
    Other,
    Span,
    Sum,
    render,
)
from mmbatch_dash.explanations.parts import Parts, Row

MOST_TERMS = 100
"""Parts beyond which a sum over them is told as one number."""


def tell_terms(formula: Formula, parts: Parts) -> str:
    """The formula with the numbers of a job whose figure is known."""
    alone = isinstance(_within(formula), Sum)

    def leaf(node: Leaf) -> str:
        match node:
            case Column(name) | Other(name):
                return show(parts.job[name])
            case OfLatest(column):
                return show(parts.latest[column.name] if parts.latest else None)
            case Span(start, end):
                first, last = parts.job[start.name], parts.job[end.name]
                text = f"{_clock(last)} − {_clock(first)}"
                return f"max(0, {text})" if first and last and last < first else text
            case Sum():
                text, terms = _told_sum(node, parts, alone=alone)
                return text if alone or terms < 2 else f"({text})"

    return render(formula, leaf)


def _told_sum(formula: Sum, parts: Parts, *, alone: bool) -> tuple[str, int]:
    """The terms of a sum, those that add nothing left out, and how many are told."""
    rows = [row for row in parts.over(formula.over) if _adds(formula.term, row)]
    if not rows:
        return "nothing to add up", 1
    if len(rows) > MOST_TERMS and isinstance(formula.term, Column):
        return f"{number(math.fsum(row[formula.term.name] for row in rows))} over {len(rows):,} {formula.over.value}", 1

    named = alone and isinstance(formula.term, Column)

    def of(row: Row) -> str:
        text = render(formula.term, lambda node: show(row[node.name] if isinstance(node, Column) else None))
        return f"{text} (attempt {row['attempt']})" if named and len(rows) > 1 else text

    return " + ".join(of(row) for row in rows), len(rows)


def _adds(term: Formula, row: Row) -> bool:
    if isinstance(term, Given):
        return bool(row[term.column.name] == term.value)
    return not isinstance(term, Column) or bool(row[term.name])


def _within(formula: Formula) -> Formula:
    return _within(formula.term) if isinstance(formula, Only) else formula


def number(value: float) -> str:
    """A number as a formula shows it: at most six decimals, none that say nothing."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def show(value: float | None) -> str:
    """A number that may be unknown, as a formula shows it."""
    return "unknown" if value is None else number(value)


def _clock(at: datetime | None) -> str:
    if at is None:
        return "unknown"
    return f"{at:%Y-%m-%d %H:%M:%S}" + (f".{at.microsecond:06d}".rstrip("0") if at.microsecond else "")
