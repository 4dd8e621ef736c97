"""The declared figures and the jobs they apply to, as SQL over job rows and the rows of their parts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mmbatch_dash.domain.figures import FIGURE, PER_JOB
from mmbatch_dash.domain.figures.applies import Applies, Test
from mmbatch_dash.domain.figures.declared import COST_OF_ATTEMPT
from mmbatch_dash.domain.figures.formula import (
    Arithmetic,
    AtLeastZero,
    Column,
    Formula,
    Given,
    Number,
    OfLatest,
    Only,
    Other,
    Rows,
    Scaled,
    Span,
    Sum,
    walk,
)
from mmbatch_dash.domain.figures.inputs import PRICES

_SIGNS = {"+": "+", "−": "-", "×": "*", "/": "/"}
_RAN = "end_reason IS DISTINCT FROM 'not_started'"
_ROWS = {
    Rows.ATTEMPTS: ("attempts", _RAN),
    Rows.ENDED_ATTEMPTS: ("attempts", f"{_RAN} AND end_reason IS DISTINCT FROM 'running'"),
    Rows.CHECKPOINTS: ("checkpoints", "outcome IS NOT NULL"),
    Rows.RESTORES: ("restores", "outcome IS NOT NULL"),
}


@dataclass(slots=True)
class FigureSql:
    """Select lists that make figures of job rows.

    Attributes:
        columns: figure after figure, over a job row `b` joined with the sums of its parts.
        sums: table of parts → what is summed of it per job.
    """

    columns: dict[str, str] = field(default_factory=dict)
    sums: dict[str, dict[str, str]] = field(default_factory=lambda: {"attempts": {}, "checkpoints": {}, "restores": {}})

    def figures(self) -> str:
        """The select list of the figures."""
        return ", ".join(f"{sql} AS {name}" for name, sql in self.columns.items())

    def sums_of(self, table: str) -> str:
        """The select list of the sums of a table of parts."""
        return ", ".join(["count(*) AS parts", *(f"{sql} AS {name}" for name, sql in self.sums[table].items())])


def compile_figures(names: Iterable[str]) -> FigureSql:
    """SQL of these figures; others that they are made of are taken from the job row as they are kept."""
    made = FigureSql()
    wanted = list(names)
    for name in wanted:
        made.columns[name] = _of_job(FIGURE[name].computed, made, frozenset(wanted))
    return made


def priced_figures() -> tuple[str, ...]:
    """The figures that a change of prices changes."""
    return tuple(figure.name for figure in PER_JOB if _is_priced(figure.computed))


def of_attempt(formula: Formula) -> str:
    """SQL of a term over a row of attempts."""
    return _of_row(formula)


def holds_for(applies: Applies) -> str:
    """The condition on a job row that a figure applies to it."""
    return " AND ".join(_holds(test) for test in applies.tests) or "true"


def _is_priced(formula: Formula) -> bool:
    return any(
        (isinstance(node, Column) and node.name in PRICES)
        or (isinstance(node, Other) and _is_priced(FIGURE[node.name].computed))
        for node in walk(formula)
    )


def _of_job(formula: Formula, made: FigureSql, wanted: frozenset[str]) -> str:
    match formula:
        case Column(name):
            return f"b.{name}"
        case Other(name):
            return f"({_of_job(FIGURE[name].computed, made, wanted)})" if name in wanted else f"b.{name}"
        case Sum():
            return _summed(formula, made)
        case OfLatest(column):
            made.sums["attempts"][f"latest_{column.name}"] = f"any_value({column.name}) FILTER (is_latest)"
            return f"attempts.latest_{column.name}"
        case Span(start, end):
            return f"run_seconds(b.{start.name}, b.{end.name})"
        case Only(column, values, wanted_value, term):
            among = f"coalesce(b.{column} IN ({_texts(values)}), false)"
            condition = among if wanted_value else f"NOT {among}"
            return f"CASE WHEN {condition} THEN {_of_job(term, made, wanted)} END"
        case Arithmetic(sign, left, right):
            return f"({_of_job(left, made, wanted)} {_SIGNS[sign]} {_of_job(right, made, wanted)})"
        case Scaled(amount, factor):
            scaled = _of_job(amount, made, wanted)
            return f"CASE WHEN {scaled} = 0 THEN 0 ELSE {scaled} * {_of_job(factor, made, wanted)} END"
        case Number(value):
            return repr(value)
    raise TypeError(f"{formula!r} is no formula of a job")


def _summed(formula: Sum, made: FigureSql) -> str:
    table, condition = _ROWS[formula.over]
    term, sums = of_attempt(formula.term), made.sums[table]
    added = f"sum({term} ORDER BY {term}) FILTER ({condition})"
    name = next((known.removesuffix("_sum") for known, sql in sums.items() if sql == added), f"s{len(sums)}")
    sums[f"{name}_sum"] = added
    sums[f"{name}_rows"] = f"count(*) FILTER ({condition})"
    sums[f"{name}_known"] = f"count({term}) FILTER ({condition})"
    none = "NULL" if formula.of_none is None else repr(formula.of_none)
    rows, known = f"coalesce({table}.{name}_rows, 0)", f"coalesce({table}.{name}_known, 0)"
    return f"CASE WHEN {rows} = 0 THEN {none} WHEN {rows} = {known} THEN {table}.{name}_sum END"


def _of_row(formula: Formula) -> str:
    match formula:
        case Column(name):
            return name
        case Number(value):
            return repr(value)
        case Arithmetic(sign, left, right):
            return f"({_of_row(left)} {_SIGNS[sign]} {_of_row(right)})"
        case Given(column, value, _, term):
            wanted = f"{column.name} = {_literal(value)}"
            return f"CASE WHEN {wanted} THEN {_of_row(term)} WHEN NOT ({wanted}) THEN 0 END"
        case AtLeastZero(term):
            # Not greatest: in DuckDB it passes over what is unknown.
            inner = _of_row(term)
            return f"CASE WHEN {inner} < 0 THEN 0 ELSE {inner} END"
    raise TypeError(f"{formula!r} is no formula of a part of a job")


def _holds(test: Test) -> str:
    if test.values:
        condition = f"{test.column} IN ({_texts(test.values)})"
    else:
        condition = f"{test.column} > 0" if test.above_zero else test.column
    holds = condition if test.wanted else f"NOT ({condition})"
    return f"coalesce({holds}, {'true' if test.if_unknown else 'false'})"


def _literal(value: str | bool) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


ENDED_ATTEMPT = _ROWS[Rows.ENDED_ATTEMPTS][1]
"""The condition on a row of attempts that it ran and is over."""

COST_SQL = f"CASE WHEN {ENDED_ATTEMPT} THEN {of_attempt(COST_OF_ATTEMPT)} END"
"""What an attempt cost, over a row of attempts; NULL while it runs."""
