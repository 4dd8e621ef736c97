"""The data behind each chart, under the names of metrics.md."""

import pandas as pd

from mmbatch_dash.domain.figures import PROTECTION_OUTCOMES
from mmbatch_dash.figures.export import to_csv
from mmbatch_dash.pages.dashboard.ids import DashboardId
from mmbatch_dash.pages.ports import Dashboard

_COST_COLUMNS = [
    "bucket_start",
    *(
        f"{name}{part}"
        for name in ("cost_usd", "saved_cost_usd", "on_demand_savings_usd")
        for part in ("", "_known", "_applicable")
    ),
]


def build_download(button: DashboardId, dashboard: Dashboard) -> tuple[str, str]:
    """CSV text and file name for a chart's button.

    Args:
        button: one of CSV_BUTTONS.
        dashboard: what the page shows.
    """
    frame, name = _choose(button, dashboard)
    stamp = dashboard.as_of.strftime("%Y%m%dT%H%M%SZ")
    return to_csv(frame), f"mmbatch-{name}-{stamp}.csv"


def _choose(button: DashboardId, dashboard: Dashboard) -> tuple[pd.DataFrame, str]:
    if button is DashboardId.COST_CSV:
        return dashboard.buckets[_COST_COLUMNS], "cost-and-savings"
    if button is DashboardId.HOURS_CSV:
        columns = ["bucket_start", "queue", "cpu_hours", "cpu_hours_known", "cpu_hours_applicable"]
        return dashboard.queue_buckets[columns], "cpu-hours-by-queue"
    if button is DashboardId.RECLAIMS_CSV:
        return dashboard.reclaims, "reclaims"
    if button is DashboardId.QUEUES_CSV:
        return dashboard.queues.rename(columns={"key": "queue"}), "queues"
    protections = dashboard.summary.protections
    counts = [int(getattr(protections, outcome)) for outcome in PROTECTION_OUTCOMES]
    return pd.DataFrame({"outcome": PROTECTION_OUTCOMES, "reclaimed_attempts": counts}), "protections"
