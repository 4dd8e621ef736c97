"""What stands still and why: jobs that AWS names a reason of, that wait for their volume, or that were given up."""

import duckdb

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.volumes import UNREADY_REASONS, WENT_ON
from mmbatch_dash.store.queries.where import select_jobs

GIVEN_UP = "Canceled by JobStateTimeLimit action due to reason: "
"""How AWS begins the reason of a job that was cancelled because it waited too long."""
_KINDS = ("CAPACITY:", "MISCONFIGURATION:", "ACTION_REQUIRED", "UNDETERMINED")
"""How the reasons of a blocked queue begin; a job that is tried again may carry the reason of the try before."""


def fetch_stuck(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> list[tuple[str, int]]:
    """(reason, jobs) of the selected jobs that wait in RUNNABLE for a reason AWS told, the commonest first."""
    condition = select_jobs(selection)
    known = " OR ".join(f"starts_with(status_reason, '{kind}')" for kind in _KINDS)
    return _counted(
        cursor,
        f"jobs_live WHERE status = 'RUNNABLE' AND (coalesce(attempts, 0) = 0 OR {known}) AND {condition.sql}",
        "status_reason",
        condition.parameters,
    )


def fetch_without_volume(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> list[tuple[str, int]]:
    """(state, jobs) of the selected jobs that stand still for want of their EBS volume, the commonest first."""
    condition = select_jobs(selection)
    unready = " OR ".join(f"starts_with(status_reason, '{reason}')" for reason in UNREADY_REASONS.values())
    return _counted(
        cursor,
        f"jobs_live WHERE status NOT IN ('SUCCEEDED', 'FAILED') AND ({unready}) "
        f"AND NOT ends_with(status_reason, '{WENT_ON}') AND {condition.sql}",
        "status_reason",
        condition.parameters,
    )


def fetch_given_up(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> list[tuple[str, int]]:
    """(reason, jobs) of the selected jobs that were cancelled because they waited too long, the commonest first."""
    condition = select_jobs(selection)
    return _counted(
        cursor,
        f"jobs WHERE starts_with(status_reason, '{GIVEN_UP}') AND {condition.sql}",
        f"status_reason[{len(GIVEN_UP) + 1}:]",
        condition.parameters,
    )


def _counted(
    cursor: duckdb.DuckDBPyConnection, source: str, reason: str, parameters: list[object]
) -> list[tuple[str, int]]:
    # AWS's sentence after the dash names single instance types; what comes before it is the reason.
    sql = f"""
        SELECT trim(regexp_extract({reason}, '^(.*?)( [-–] .*)?$', 1)) AS reason, count(*) AS jobs
        FROM {source} AND status_reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"""
    return [(str(reason), int(jobs)) for reason, jobs in cursor.execute(sql, parameters).fetchall()]
