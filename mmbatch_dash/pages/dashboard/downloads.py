"""The data behind each chart, under the names of the declared figures."""

import pandas as pd

from mmbatch_dash.figures.export import to_csv
from mmbatch_dash.pages.dashboard.ids import DashboardId
from mmbatch_dash.pages.dashboard.spread import Spread
from mmbatch_dash.services.reports import Dashboard

_COST = ("cost_usd", "saved_cost_usd", "on_demand_savings_usd")
_COUNTS = ("", "_known", "_applicable")


def build_download(
    button: DashboardId, dashboard: Dashboard, spread: Spread, *, incurred: bool = False
) -> tuple[str, str]:
    """CSV text and file name for a chart's button.

    Args:
        button: one of CSV_BUTTONS.
        dashboard: what the page shows.
        spread: its money and hours over time.
        incurred: they stand where they were incurred. Jobs are not counted then: one may be in many buckets.
    """
    frame, name = _choose_spread(button, spread, incurred=incurred) or _choose(button, dashboard)
    stamp = dashboard.as_of.strftime("%Y%m%dT%H%M%SZ")
    return to_csv(frame), f"mmbatch-{name}-{stamp}.csv"


def _choose_spread(button: DashboardId, spread: Spread, *, incurred: bool) -> tuple[pd.DataFrame, str] | None:
    parts = ("",) if incurred else _COUNTS
    how = "-incurred" if incurred else ""
    if button is DashboardId.COST_CSV:
        columns = ["bucket_start", *(f"{name}{part}" for name in _COST for part in parts)]
        return spread.buckets[columns], f"cost-and-savings{how}"
    if button is DashboardId.HOURS_CSV:
        columns = ["bucket_start", "queue", *(f"cpu_hours{part}" for part in parts)]
        hours = spread.queue_buckets[columns]
        if incurred:
            # A bucket may hold money of attempts of jobs that have no CPU hours yet.
            hours = hours[hours["cpu_hours"].notna()]
        return hours, f"cpu-hours-by-queue{how}"
    return None


def _choose(button: DashboardId, dashboard: Dashboard) -> tuple[pd.DataFrame, str]:
    if button is DashboardId.RECLAIMS_CSV:
        return dashboard.reclaims, "reclaims"
    if button is DashboardId.QUEUES_CSV:
        return dashboard.queues.rename(columns={"key": "queue"}), "queues"
    outcomes = dashboard.summary.protections.by_outcome()
    return pd.DataFrame({"outcome": list(outcomes), "reclaimed_attempts": list(outcomes.values())}), "protections"
