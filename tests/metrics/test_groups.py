"""Rows of totals added up by hand."""

import math
from typing import Any

import pandas as pd

from mmbatch_dash.metrics.groups import add_up


def row(key: str, saved: float, known: int, applicable: int) -> dict[str, Any]:
    figures = {"saved_cost_usd": saved, "saved_cost_usd_known": known, "saved_cost_usd_applicable": applicable}
    return {"bucket": pd.Timestamp("2026-03-01"), "key": key, "jobs": 2, **figures}


def test_zeros_of_jobs_without_savings_are_no_sum_of_those_whose_savings_are_unknown() -> None:
    totals = pd.DataFrame([row("align", 0.0, 0, 1), row("call", 3.0, 1, 2), row("qc", 0.0, 0, 0)])
    by_queue = add_up(totals, ["key"]).set_index("key")["saved_cost_usd"]
    assert math.isnan(by_queue["align"])
    assert by_queue["call"] == 3.0
    assert by_queue["qc"] == 0.0
    assert add_up(totals, []).iloc[0]["saved_cost_usd"] == 0.0 + 3.0 + 0.0
