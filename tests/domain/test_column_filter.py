"""Filters on single columns, as the address and the API write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbatch_dash.domain.column_filter import FILTERABLE, ColumnFilter, Measure, Sign, parse_column_filter
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.selection import parse_selection
from mmbatch_dash.store.queries.job_fields import JOB_FIELD, Shape

NUMBERS = [name for name, (_, measure) in FILTERABLE.items() if measure is not Measure.TEXT]


@pytest.mark.parametrize(
    ("text", "column_filter"),
    [
        ("cost_usd>=5", ColumnFilter("cost_usd", Sign.LEAST, 5.0)),
        ("runtime_seconds<=1e3", ColumnFilter("runtime_seconds", Sign.MOST, 1000.0)),
        ("name~a>=b~c", ColumnFilter("name", Sign.CONTAINS, "a>=b~c")),
        ("saved_cost_usd>=-0.5", ColumnFilter("saved_cost_usd", Sign.LEAST, -0.5)),
    ],
)
def test_a_filter_is_a_column_a_sign_and_a_value(text: str, column_filter: ColumnFilter) -> None:
    assert parse_column_filter(text) == column_filter


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cost_usd", "is not like"),
        ("cost_usd=5", "is not like"),
        ("cost_usd>=", "is not like"),
        ("tags~a", "'tags' is not one of"),
        ("is_parent>=0", "is not one of"),
        ("cost_usd~5", "takes >= and <= only"),
        ("name>=5", "takes ~ only"),
        ("cost_usd>=five", "'five' is not a number"),
        ("cost_usd>=nan", "is not a number"),
        ("cost_usd>=inf", "is not a number"),
        ("cost_usd>=1_0", "is not a number"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(InvalidFilter, match="where") as refused:
        parse_selection({"where": text})
    assert said in str(refused.value)
    assert refused.value.field == "where"


@given(st.sampled_from(NUMBERS), st.sampled_from([">=", "<="]), st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_filter_reads_the_same_again(column: str, sign: str, value: float) -> None:
    selection = parse_selection({"where": f"{column}{sign}{value!r}"})
    assert selection.where[0].value == value
    assert parse_selection(selection.to_query()) == selection


def test_more_filters_than_there_are_columns_are_refused() -> None:
    with pytest.raises(InvalidFilter, match="41 times"):
        parse_selection({"where": [f"cost_usd>={n}" for n in range(41)]})


def test_every_column_that_can_be_filtered_is_one_of_a_job_row_and_of_that_shape() -> None:
    for name, (_, measure) in FILTERABLE.items():
        assert (JOB_FIELD[name].shape is Shape.TEXT) == (measure is Measure.TEXT), name
