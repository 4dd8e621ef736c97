"""The Dashboard's panel about prices says what a reader must know before believing a dollar."""

import json
from typing import Any

import pandas as pd

from mmbatch_dash.pages.dashboard.price_coverage import NEEDS, SOURCES, build_price_coverage
from mmbatch_dash.services.prices import SOURCES as KNOWN_SOURCES
from mmbatch_dash.services.prices import PriceCoverage, SourceHours


def coverage(missing: list[dict[str, Any]] | None = None, *, timeless: int = 0, **hours: float) -> PriceCoverage:
    total = sum(hours.values())
    return PriceCoverage(
        hours=total,
        timeless_attempts=timeless,
        sources=tuple(
            SourceHours(
                name,
                hours.get(name, 0.0),
                hours.get(name, 0.0) / total if total else None,
                int(name in hours) + (timeless if name == "unknown" else 0),
            )
            for name in KNOWN_SOURCES
        ),
        shipped_hours=0.0,
        missing=pd.DataFrame(missing or []),
        shipped=None,
        attribution="instance",
        pending_jobs=0,
    )


def text_of(told: PriceCoverage) -> str:
    return json.dumps(
        [part.to_plotly_json() for part in build_price_coverage(told)], default=lambda one: one.to_plotly_json()
    )


def test_every_source_and_need_has_words() -> None:
    assert set(SOURCES) == set(KNOWN_SOURCES)
    assert all(NEEDS.values())


def test_with_no_price_at_all_it_says_so() -> None:
    assert "no dollar figure is shown" in text_of(coverage(unknown=3.0))


def test_an_assumption_is_named_and_a_well_priced_selection_is_not_talked_down() -> None:
    assert "is assumed" in text_of(coverage(assumed=1.0, reported=2.0))
    good = text_of(coverage(reported=2.0))
    assert "Every dollar above has a known price" in good
    assert "Assumed discount" not in good


def test_work_without_times_or_price_is_never_said_to_be_priced() -> None:
    for told in (coverage(timeless=3), coverage(timeless=1, reported=2.0), coverage(unknown=0.1, reported=99.9)):
        assert "Every dollar" not in text_of(told)
    assert "No times are known" in text_of(coverage(timeless=3))
    assert "known times is in no dollar figure" in text_of(coverage(timeless=1, reported=2.0))


def test_what_to_fetch_is_listed_with_type_and_zone_and_the_rest_counted() -> None:
    one = {"need": "spot_history", "figure": "cost", "instance_type": "m5.large", "place": "us-east-1a", "hours": 1.0}
    text = text_of(coverage([one] * 10, unknown=1.0, reported=1.0))
    assert text.count("m5.large in us-east-1a") == 8
    assert "And 2 more" in text


def test_a_selection_without_ended_work_needs_no_price() -> None:
    assert "no price was needed" in text_of(coverage())
