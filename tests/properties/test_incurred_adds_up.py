"""For any filter, unit and zone: what was incurred adds up to the headline, by bucket and by queue."""

from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services.reports import INCURRED, Reports
from mmbatch_dash.store.fold.worker import FoldWorker
from tests.effort import effort
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.properties.test_totals_agree_everywhere import drawn_selections, same
from tests.reference.hard_worlds import build_hard_world
from tests.store.world import NOW, World


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Reports]]:
    world = World(tmp_path_factory.mktemp("incurred"), simulated=True)
    world.take(acceptable(build_hard_world(5, jobs=80)))
    yield world, Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW)
    world.close()


@settings(max_examples=effort(20, 8))
@given(data=st.data(), unit=st.none() | st.sampled_from(BucketUnit))
def test_what_was_incurred_is_the_headline_however_it_is_cut(
    seen: tuple[World, Reports], data: st.DataObject, unit: BucketUnit | None
) -> None:
    world, reports = seen
    selection = data.draw(drawn_selections(world))
    summary = reports.summary(selection)
    totals = {**summary.figures, **summary.engineering}
    incurred = reports.incurred(selection, unit=unit)
    timed = incurred.buckets["bucket_start"].dropna()
    assert timed.is_monotonic_increasing
    for frame in (incurred.buckets, incurred.queue_buckets):
        for name in INCURRED:
            known = frame[name].sum(min_count=1)
            # Nothing may have been incurred where a total is 0, not unknown.
            assert same(0.0 if pd.isna(known) else known, totals[name].value or 0.0), name


def test_the_world_has_savings_at_times_and_queues_of_all_kinds(seen: tuple[World, Reports]) -> None:
    _, reports = seen
    whole = reports.incurred(Selection(), unit=BucketUnit.HOUR)
    assert (whole.buckets["saved_cost_usd"] > 0).sum() > 3
    assert whole.queue_buckets["queue"].isna().any()
