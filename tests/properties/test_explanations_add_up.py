"""What a page explains is what the fold kept: a formula worked out on the rows of a job gives the job's figure."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mmbatch_dash.domain.figures import FIGURE
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
    Scaled,
    Span,
    Sum,
)
from mmbatch_dash.explanations.explained import explain_job
from mmbatch_dash.explanations.parts import Parts
from mmbatch_dash.store.queries.job_detail import fetch_job
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.figures import seconds_between
from tests.reference.hard_worlds import build_hard_world
from tests.store.world import World

SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "−": lambda a, b: a - b,
    "×": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Parts]]:
    world = World(tmp_path_factory.mktemp("explained"), simulated=True, retire_at=10)
    world.take(acceptable(build_hard_world(5, jobs=120)))
    with world.database.cursor() as cursor:
        ids = [job_id for (job_id,) in cursor.execute("SELECT job_id FROM jobs WHERE NOT is_parent").fetchall()]
        records = [fetch_job(cursor, job_id) for job_id in ids]
    yield [Parts(one.job, one.attempts, one.checkpoints, one.restores) for one in records if one]
    world.close()


def work_out(formula: Formula, parts: Parts, row: Any) -> float | None:  # noqa: C901 - one arm a kind of node
    """The value of a formula over a job (`row` its own) or one of its parts; None where unknown."""
    match formula:
        case Number(value):
            return value
        case Column(name) | Other(name):
            found: float | None = row[name]
            return found
        case Arithmetic(sign, left, right):
            first, second = work_out(left, parts, row), work_out(right, parts, row)
            return None if first is None or second is None else SIGNS[sign](first, second)
        case Scaled(amount, factor):
            scaled = work_out(amount, parts, row)
            return 0.0 if scaled == 0 else work_out(amount * factor, parts, row)
        case AtLeastZero(term):
            inner = work_out(term, parts, row)
            return None if inner is None else max(0.0, inner)
        case Given(column, value, _, term):
            if row[column.name] is None:
                return None
            return work_out(term, parts, row) if row[column.name] == value else 0.0
        case Span(start, end):
            return seconds_between(row[start.name], row[end.name])
        case OfLatest(column):
            return None if parts.latest is None else work_out(column, parts, parts.latest)
        case Sum(over, term, of_none):
            terms = [work_out(term, parts, part) for part in parts.over(over)]
            known = [one for one in terms if one is not None]
            return (math.fsum(known) if terms else of_none) if len(known) == len(terms) else None
        case Only(column, values, wanted, term):
            return work_out(term, parts, row) if (row[column] in values) is wanted else None
    raise TypeError(formula)


@pytest.mark.parametrize("name", FIGURE)
def test_the_terms_of_a_figure_add_up_to_it(jobs: list[Parts], name: str) -> None:
    known = 0
    for parts in jobs:
        value, expected = work_out(FIGURE[name].computed, parts, parts.job), parts.job[name]
        same = value == expected if None in (value, expected) else math.isclose(value, expected, abs_tol=1e-6)  # type: ignore[arg-type]
        assert same, (parts.job["job_id"], value, expected)
        known += value is not None
    assert known > 3


def test_every_unknown_figure_names_a_reason_of_its_own(jobs: list[Parts]) -> None:
    reasons = set()
    for parts in jobs:
        for name, told in explain_job(parts.job, parts.attempts, parts.checkpoints, parts.restores).items():
            assert (told.value is None) == (told.computed == ""), name
            if told.value is None:
                assert told.unknown_because != "something it needs is missing", (parts.job["job_id"], name)
                reasons.add(told.unknown_because)
    assert len(reasons) > 20
