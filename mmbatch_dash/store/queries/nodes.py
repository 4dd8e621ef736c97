"""Worker nodes with the state their heartbeats, stops and reclaims add up to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import duckdb

from mmbatch_dash.domain.paging import Sort
from mmbatch_dash.domain.selection import FILTERS, UNKNOWN, Selection
from mmbatch_dash.store.queries.rows import Row, fetch_rows
from mmbatch_dash.store.queries.where import Condition, chooses_all, select_jobs, to_stored

LATE_AFTER_HEARTBEATS = 2.0
MOST_VALUES = 1_000


class NodeState(StrEnum):
    """What a node is, the first that fits.

    - stopped: it said so, and nothing since; reclaimed instead where EC2 took its instance.
    - alive: heard of within two heartbeats.
    - late: within node.ttl.
    - reclaimed: silent longer than that, or its instance is terminated, after EC2 announced an interruption of its
      instance or an attempt on it was reclaimed.
    - gone: silent longer than that, and nobody knows why.
    """

    ALIVE = "alive"
    LATE = "late"
    RECLAIMED = "reclaimed"
    GONE = "gone"
    STOPPED = "stopped"


FINISHED = (NodeState.RECLAIMED, NodeState.GONE, NodeState.STOPPED)


@dataclass(frozen=True, slots=True)
class NodePatience:
    """How long a node may be silent (node.heartbeat, node.ttl)."""

    heartbeat_seconds: float
    ttl_seconds: float

    @property
    def late_after_seconds(self) -> float:
        """Silence after which a node is late: two heartbeats, never more than its time to live."""
        return min(LATE_AFTER_HEARTBEATS * self.heartbeat_seconds, self.ttl_seconds)


NODE_COLUMNS = (
    "node_id",
    "state",
    "instance_id",
    "instance_type",
    "availability_zone",
    "purchase_option",
    "instance_launched_at",
    "vcpus",
    "memory_mib",
    "engine_version",
    "registered_at",
    "first_seen_at",
    "last_heartbeat_at",
    "silent_seconds",
    "stopped_at",
    "noticed_at",
    "ended_at",
    "running_jobs",
    "running_job_ids",
    "attempts",
)
"""Columns of a node row; ended_at is when a finished node was last known to be there, None for the others."""


NODE_SORTABLE = tuple(name for name in NODE_COLUMNS if name != "running_job_ids")
LATEST_FIRST = Sort("last_heartbeat_at", descending=True)


def fetch_nodes(
    cursor: duckdb.DuckDBPyConnection,
    selection: Selection,
    as_of: datetime,
    patience: NodePatience,
    *,
    states: tuple[NodeState, ...] = (),
    sort: Sort = LATEST_FIRST,
    limit: int | None = None,
    offset: int = 0,
) -> list[Row]:
    """Rows of the nodes of a selection with NODE_COLUMNS, those heard of last first if no order is asked for.

    Args:
        cursor: where to ask.
        selection: see `select_nodes`.
        as_of: the reading time that silence is counted up to.
        patience: how long a node may be silent.
        states: only these; none means all.
        sort: by one of NODE_SORTABLE.
        limit: how many at most.
        offset: how many to pass over.
    """
    sql, parameters = nodes_statement(selection, as_of, patience, states=states)
    ending = "" if limit is None else f" LIMIT {int(limit)} OFFSET {int(offset)}"
    order = f"{sort.column} {'DESC' if sort.descending else 'ASC'} NULLS LAST, node_id"
    return fetch_rows(cursor, f"{sql} ORDER BY {order}{ending}", parameters)


def count_node_states(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, as_of: datetime, patience: NodePatience
) -> dict[NodeState, int]:
    """State → number of nodes of the selection in it; every state is there."""
    sql, parameters = nodes_statement(selection, as_of, patience)
    found = dict(cursor.execute(f"SELECT state, count(*) FROM ({sql}) GROUP BY state", parameters).fetchall())
    return {state: int(found.get(state.value, 0)) for state in NodeState}


def fetch_node_values(cursor: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """The values that nodes have of one of the filters that nodes have themselves, sorted; UNKNOWN last."""
    [column] = FILTERS[name].columns
    rows = cursor.execute(f'SELECT DISTINCT "{column}" FROM nodes LIMIT {MOST_VALUES}').fetchall()
    values = sorted(str(value) for (value,) in rows if value is not None)
    return values + ([UNKNOWN] if any(value is None for (value,) in rows) else [])


def select_nodes(selection: Selection) -> Condition:
    """The condition on nodes: seen in the time range, of the types and options chosen, with the text in an id.

    Where anything else of jobs is chosen (queue, status, user, …), those that an attempt of such a job ran on.
    """
    parts, parameters = ["true"], list[Any]()
    if selection.from_at:
        parts.append("n.told_at >= ?")
        parameters.append(to_stored(selection.from_at))
    if selection.to_at:
        parts.append("n.first_seen_at < ?")
        parameters.append(to_stored(selection.to_at))
    own = [name for name, declared in FILTERS.items() if declared.on_nodes]
    for name in own:
        if chosen := getattr(selection, name):
            parts.append(f"list_contains(?::VARCHAR[], coalesce(n.{name}, '{UNKNOWN}'))")
            parameters.append(list(chosen))
    if selection.q:
        parts.append("(contains(lower(n.node_id), lower(?)) OR contains(lower(n.instance_id), lower(?)))")
        parameters += [selection.q, selection.q]
    of_jobs = selection.without("from_at", "to_at", "basis", "q", *own)
    if not chooses_all(of_jobs):
        jobs = select_jobs(of_jobs)
        ran = f"SELECT {{}} FROM attempts WHERE job_key IN (SELECT job_key FROM jobs WHERE {jobs.sql})"
        parts.append(f"(n.node_id IN ({ran.format('node_id')}) OR n.instance_id IN ({ran.format('instance_id')}))")
        parameters += [*jobs.parameters, *jobs.parameters]
    return Condition(" AND ".join(parts), parameters)


def nodes_statement(
    selection: Selection, as_of: datetime, patience: NodePatience, *, states: tuple[NodeState, ...] = ()
) -> tuple[str, list[Any]]:
    """The SELECT that gives NODE_COLUMNS, without order, and its parameters."""
    chosen = select_nodes(selection)
    now = to_stored(as_of)
    wanted = f"WHERE state IN ({', '.join(repr(state.value) for state in states)})" if states else ""
    sql = f"""
        WITH chosen AS (
            SELECT n.*, id_key(n.instance_id) AS instance_key,
                   greatest(0, (epoch_us(?::TIMESTAMP) - epoch_us(n.last_heartbeat_at)) / 1e6) AS silent_seconds
            FROM nodes n WHERE {chosen.sql}
        ), placed AS (
            SELECT c.node_key, a.job_id, a.started_at, a.end_reason
            FROM chosen c JOIN attempts a ON a.node_id = c.node_id
            UNION ALL
            SELECT c.node_key, a.job_id, a.started_at, a.end_reason
            FROM chosen c JOIN attempts a ON a.instance_key = c.instance_key WHERE a.node_id IS NULL
        ), ran AS (
            SELECT node_key, count(*) AS attempts, bool_or(end_reason = 'reclaimed') AS reclaimed,
                   list(job_id ORDER BY started_at, job_id) FILTER (end_reason = 'running') AS running_job_ids
            FROM placed GROUP BY node_key
        ), noticed AS (
            SELECT instance_key, max(noticed_at) AS noticed_at
            FROM notices WHERE notice_kind = 'interruption' GROUP BY instance_key
        ), told AS (
            SELECT c.*, i.instance_terminated_at, m.noticed_at, ran.attempts, ran.running_job_ids,
                   coalesce(c.instance_launched_at, i.instance_launched_at) AS launched_at,
                   (m.noticed_at IS NOT NULL AND m.noticed_at >= c.first_seen_at - INTERVAL 10 MINUTE)
                       OR coalesce(ran.reclaimed, false) AS reclaimed,
                   c.stopped_at IS NOT NULL AND c.stopped_at >= coalesce(c.last_heartbeat_at, c.stopped_at) AS stopped,
                   coalesce(i.instance_terminated_at >= c.last_heartbeat_at, false) AS terminated
            FROM chosen c
            LEFT JOIN ran USING (node_key)
            LEFT JOIN noticed m USING (instance_key)
            LEFT JOIN instances i ON i.instance_id = c.instance_id
        ), judged AS (
            SELECT *, CASE
                WHEN stopped THEN CASE WHEN reclaimed THEN 'reclaimed' ELSE 'stopped' END
                WHEN terminated OR silent_seconds > ? OR silent_seconds IS NULL
                    THEN CASE WHEN reclaimed THEN 'reclaimed' WHEN terminated THEN 'stopped' ELSE 'gone' END
                WHEN silent_seconds > ? THEN 'late'
                ELSE 'alive' END AS state
            FROM told
        )
        SELECT node_id, state, instance_id, instance_type, availability_zone, purchase_option,
               launched_at AS instance_launched_at, vcpus, memory_mib, engine_version,
               registered_at, first_seen_at, last_heartbeat_at, silent_seconds, stopped_at, noticed_at,
               CASE WHEN state IN ('reclaimed', 'gone', 'stopped')
                    THEN coalesce(CASE WHEN stopped THEN stopped_at END, instance_terminated_at, last_heartbeat_at) END
                   AS ended_at,
               coalesce(len(running_job_ids), 0)::INTEGER AS running_jobs,
               coalesce(running_job_ids, []) AS running_job_ids, coalesce(attempts, 0)::INTEGER AS attempts
        FROM judged {wanted}"""
    return sql, [now, *chosen.parameters, patience.ttl_seconds, patience.late_after_seconds]
