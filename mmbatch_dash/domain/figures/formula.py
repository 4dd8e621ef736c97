"""Formulas as data: the store makes SQL of them, explanations put a job's numbers into them, the docs read them out.

What is unknown makes whatever it enters unknown, as NULL does in SQL; the nodes below name their exceptions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Rows(StrEnum):
    """Parts of a job that a sum runs over, as formulas call them. Attempts that never ran are in none of them."""

    ATTEMPTS = "attempts"
    ENDED_ATTEMPTS = "ended attempts"
    CHECKPOINTS = "checkpoints"
    RESTORES = "restores"


class Formula:
    """A number made of the columns of a job and of its parts."""

    __slots__ = ()

    def __add__(self, other: "Formula | float") -> "Formula":
        return Arithmetic("+", self, _formula(other))

    def __sub__(self, other: "Formula | float") -> "Formula":
        return Arithmetic("−", self, _formula(other))

    def __mul__(self, other: "Formula | float") -> "Formula":
        return Arithmetic("×", self, _formula(other))

    def __truediv__(self, other: "Formula | float") -> "Formula":
        return Arithmetic("/", self, _formula(other))


@dataclass(frozen=True, slots=True)
class Number(Formula):
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Column(Formula):
    """A column of the row the formula is about: the job, or inside a sum one of its parts.

    Attributes:
        name: of the column.
        words: what formulas call it.
        unknown: why it is, as the end of a sentence; "" where it takes a look at the row to say.
    """

    name: str
    words: str
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Other(Formula):
    """Another figure of the same job, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic(Formula):
    """Two numbers and a sign: +, −, × or /."""

    sign: str
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Span(Formula):
    """Seconds from one time to another: up to 5 minutes backwards is clock skew and 0, more is unknown."""

    start: Column
    end: Column


@dataclass(frozen=True, slots=True)
class Scaled(Formula):
    """An amount times a factor; 0 where the amount is 0, whether the factor is known or not."""

    amount: Formula
    factor: Formula


@dataclass(frozen=True, slots=True)
class OfLatest(Formula):
    """A column of the latest attempt that ran."""

    column: Column


@dataclass(frozen=True, slots=True)
class AtLeastZero(Formula):
    """The number, 0 where it is negative."""

    term: Formula


@dataclass(frozen=True, slots=True)
class Given(Formula):
    """Of a part whose column has a value; 0 where it has another, unknown where nobody knows.

    Attributes:
        words: what formulas call such parts.
    """

    column: Column
    value: str | bool
    words: str
    term: Formula


@dataclass(frozen=True, slots=True)
class Sum(Formula):
    """Added up over parts of the job.

    Attributes:
        of_none: 0, or None where a job without such parts has no such figure.
    """

    over: Rows
    term: Formula
    of_none: float | None = 0


@dataclass(frozen=True, slots=True)
class Only(Formula):
    """Of some jobs only; the others have no such figure.

    Attributes:
        column: of the job.
        values: those it must have, or must not have.
        wanted: which of the two; a job of which the column is unknown has none of them.
        otherwise: why the others have none, as the end of a sentence.
    """

    column: str
    values: tuple[str, ...]
    wanted: bool
    term: Formula
    otherwise: str


Leaf = Column | Other | OfLatest | Span | Sum


def render(formula: Formula, leaf: Callable[[Leaf], str]) -> str:
    """The formula in one line.

    Args:
        formula: what to write.
        leaf: writes what is no arithmetic.
    """
    match formula:
        case Number(value):
            return f"{value:g}"
        case Arithmetic(sign, left, right):
            return f"{_operand(left, sign, leaf)} {sign} {_operand(right, sign, leaf, right=True)}"
        case Scaled(amount, factor):
            return render(amount * factor, leaf)
        case AtLeastZero(term):
            return f"max(0, {render(term, leaf)})"
        case Given(term=term) | Only(term=term):
            return render(term, leaf)
        case Column() | Other() | OfLatest() | Span() | Sum():
            return leaf(formula)
    raise TypeError(f"{formula!r} is no formula")


def describe(formula: Formula) -> str:
    """The formula in general, in the words of its columns."""

    def leaf(node: Leaf) -> str:
        match node:
            case Column(words=words):
                return words
            case Other(name):
                return name
            case OfLatest(column):
                return f"{column.words} of the latest attempt"
            case Span(start, end):
                return f"{end.words} − {start.words}"
            case Sum(over, term):
                text = describe(term)
                return f"Σ over {term.words if isinstance(term, Given) else over.value} of {text}"

    return render(formula, leaf)


def walk(formula: Formula) -> Iterator[Formula]:
    """The formula and all that is in it, from left to right; of a sum also what is added up."""
    yield formula
    match formula:
        case Arithmetic(_, left, right) | Scaled(left, right) | Span(left, right):
            yield from walk(left)
            yield from walk(right)
        case Given(column, _, _, inner):
            yield column
            yield from walk(inner)
        case OfLatest(inner) | AtLeastZero(inner) | Sum(term=inner) | Only(term=inner):
            yield from walk(inner)


def _operand(formula: Formula, sign: str, leaf: Callable[[Leaf], str], *, right: bool = False) -> str:
    text = render(formula, leaf)
    inner = formula.term if isinstance(formula, Given | Only) else formula
    loose = isinstance(inner, Arithmetic) and inner.sign in "+−"
    bound = loose and (sign in "×/" or (right and sign == "−"))
    return f"({text})" if bound else text


def _formula(value: Formula | float) -> Formula:
    return value if isinstance(value, Formula) else Number(value)
