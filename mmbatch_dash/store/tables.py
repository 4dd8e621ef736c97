"""Columns of the tables that come in live and done pairs, and the statements that create them."""

from collections.abc import Sequence

from mmbatch_dash.domain.figures import FIGURE

FACT_COLUMNS: dict[str, str] = {
    "type": "VARCHAR",
    "at": "TIMESTAMP",
    "job_id": "VARCHAR",
    "name": "VARCHAR",
    "queue": "VARCHAR",
    "definition": "VARCHAR",
    "user": "VARCHAR",
    "tags": "MAP(VARCHAR, VARCHAR)",
    "vcpus": "DOUBLE",
    "memory_mib": "DOUBLE",
    "gpus": "DOUBLE",
    "parent_id": "VARCHAR",
    "is_parent": "BOOLEAN",
    "platform": "VARCHAR",
    "status": "VARCHAR",
    "status_reason": "VARCHAR",
    "submitted_at": "TIMESTAMP",
    "completed_at": "TIMESTAMP",
    "never_started": "BOOLEAN",
    "unread": "VARCHAR[]",
    "attempt": "INTEGER",
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "end_reason": "VARCHAR",
    "reason": "VARCHAR",
    "exit_code": "INTEGER",
    "container_id": "VARCHAR",
    "usd_per_hour": "DOUBLE",
    "checkpoint_interval_seconds": "DOUBLE",
    "checkpoint_id": "VARCHAR",
    "taken_at": "TIMESTAMP",
    "checkpoint_taken_at": "TIMESTAMP",
    "duration_seconds": "DOUBLE",
    "size_bytes": "BIGINT",
    "error": "VARCHAR",
    "volume_id": "VARCHAR",
    "rootfs_bytes_max": "BIGINT",
    "memory_mib_max": "DOUBLE",
    "cpu_seconds": "DOUBLE",
    "instance_id": "VARCHAR",
    "container_instance_arn": "VARCHAR",
    "instance_type": "VARCHAR",
    "availability_zone": "VARCHAR",
    "purchase_option": "VARCHAR",
    "instance_launched_at": "TIMESTAMP",
    "instance_terminated_at": "TIMESTAMP",
    "instance_gone_at": "TIMESTAMP",
    "node_id": "VARCHAR",
    "node_vcpus": "DOUBLE",
    "node_memory_mib": "DOUBLE",
    "engine_version": "VARCHAR",
    "job_ids": "VARCHAR[]",
    "notice_kind": "VARCHAR",
    "action": "VARCHAR",
    "action_at": "TIMESTAMP",
    "region": "VARCHAR",
    "effective_at": "TIMESTAMP",
    "price_source": "VARCHAR",
}
"""Every key of `domain.facts.Fact` with its type on disk; a test holds the two together."""

_ENTRY = {
    "position": "BIGINT",
    "fact_no": "INTEGER",
    "identity": "UBIGINT",
    "digest": "UBIGINT",
    "kind": "UTINYINT",
    "source": "VARCHAR",
    "event_id": "VARCHAR",
    "received_at": "TIMESTAMP",
    "job_key": "UBIGINT",
}

_NOT_OF_JOBS = (
    "instance_terminated_at",
    "instance_gone_at",
    "node_vcpus",
    "node_memory_mib",
    "engine_version",
    "job_ids",
    "notice_kind",
    "action",
    "action_at",
    "effective_at",
    "price_source",
    "at",  # a word of SQL in DuckDB: kept as happened_at
)

_ATTEMPTS = {
    "job_key": "UBIGINT",
    "job_id": "VARCHAR",
    "attempt": "INTEGER",
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "end_reason": "VARCHAR",
    "exit_code": "INTEGER",
    "reason": "VARCHAR",
    "instance_key": "UBIGINT",
    "arn_key": "UBIGINT",
    "instance_id": "VARCHAR",
    "instance_type": "VARCHAR",
    "availability_zone": "VARCHAR",
    "region": "VARCHAR",
    "purchase_option": "VARCHAR",
    "instance_launched_at": "TIMESTAMP",
    "node_id": "VARCHAR",
    "container_id": "VARCHAR",
    "outcome": "VARCHAR",
    "run_seconds": "DOUBLE",
    "reported_usd_per_hour": "DOUBLE",
    "checkpoint_interval_seconds": "DOUBLE",
    "said_reclaimed": "BOOLEAN",
    "platform": "VARCHAR",
    "fresh_at": "TIMESTAMP",
    "carried_until_at": "TIMESTAMP",
    "carried_into": "INTEGER",
    "carried_seconds": "DOUBLE",
    "spot_carried_seconds": "DOUBLE",
    "is_lost": "BOOLEAN",
    "waited_seconds": "DOUBLE",
    "restore_seconds": "DOUBLE",
    "regular_usd_per_hour": "DOUBLE",
    "usd_per_hour": "DOUBLE",
    "rate_source": "VARCHAR",
    "price_at": "TIMESTAMP",
    "on_demand_usd_per_hour": "DOUBLE",
    "on_demand_price_at": "TIMESTAMP",
    "on_demand_source": "VARCHAR",
    "shared": "BOOLEAN",
    "asked_share": "DOUBLE",
    "share": "DOUBLE",
}

_CHECKPOINTS = {
    "job_key": "UBIGINT",
    "attempt": "INTEGER",
    "checkpoint_id": "VARCHAR",
    "taken_at": "TIMESTAMP",
    "started_at": "TIMESTAMP",
    "finished_at": "TIMESTAMP",
    "outcome": "VARCHAR",
    "duration_seconds": "DOUBLE",
    "size_bytes": "BIGINT",
    "error": "VARCHAR",
}

_RESTORES = {
    "job_key": "UBIGINT",
    "attempt": "INTEGER",
    "checkpoint_id": "VARCHAR",
    "checkpoint_taken_at": "TIMESTAMP",
    "checkpoint_attempt": "INTEGER",
    "started_at": "TIMESTAMP",
    "finished_at": "TIMESTAMP",
    "outcome": "VARCHAR",
    "duration_seconds": "DOUBLE",
    "error": "VARCHAR",
}

_JOBS = {
    "job_key": "UBIGINT",
    "job_id": "VARCHAR",
    "name": "VARCHAR",
    "queue": "VARCHAR",
    "definition": "VARCHAR",
    "user": "VARCHAR",
    "tags": "MAP(VARCHAR, VARCHAR)",
    "vcpus": "DOUBLE",
    "memory_mib": "DOUBLE",
    "gpus": "DOUBLE",
    "platform": "VARCHAR",
    "status": "VARCHAR",
    "phase": "VARCHAR",
    "status_reason": "VARCHAR",
    "is_parent": "BOOLEAN",
    "parent_id": "VARCHAR",
    "submitted_at": "TIMESTAMP",
    "started_at": "TIMESTAMP",
    "completed_at": "TIMESTAMP",
    "updated_at": "TIMESTAMP",
    "stands_at": "TIMESTAMP",
    "attempts": "INTEGER",
    "instance_id": "VARCHAR",
    "instance_type": "VARCHAR",
    "instance_types": "VARCHAR",
    "availability_zone": "VARCHAR",
    "purchase_option": "VARCHAR",
    **dict.fromkeys(FIGURE, "DOUBLE"),
    "has_run": "BOOLEAN",
    "never_started": "BOOLEAN",
    "has_ended_attempt": "BOOLEAN",
    "checkpoints_succeeded": "INTEGER",
    "checkpoints_failed": "INTEGER",
    "restores_succeeded": "INTEGER",
    "restores_failed": "INTEGER",
    "checkpoint_seconds": "DOUBLE[]",
    "checkpoint_bytes": "BIGINT[]",
    "restore_seconds": "DOUBLE[]",
    "distance_seconds": "DOUBLE[]",
    "protections_succeeded": "INTEGER",
    "protections_failed": "INTEGER",
    "protections_pending": "INTEGER",
    "protections_unprotected": "INTEGER",
    "rootfs_bytes_max": "BIGINT",
    "memory_mib_max": "DOUBLE",
    "cpu_seconds": "DOUBLE",
    "open_started_at": "TIMESTAMP",
    "open_usd_per_hour": "DOUBLE",
    "assumed_hours": "DOUBLE",
    "flags": "VARCHAR[]",
}

PAIRS: dict[str, dict[str, str]] = {
    "facts": {
        **_ENTRY,
        "happened_at": "TIMESTAMP",
        **{name: kind for name, kind in FACT_COLUMNS.items() if name not in _NOT_OF_JOBS},
    },
    "attempts": _ATTEMPTS,
    "checkpoints": _CHECKPOINTS,
    "restores": _RESTORES,
    "jobs": _JOBS,
}
"""Table → column → type of the tables kept as NAME_live and NAME_done."""

SIDES = ("live", "done")
"""Endings of the two tables of a pair: what is in motion, and history."""

REMOVED = "removed"
"""Ending of the tables of jobs whose time to be kept is over: in totals, in no list, and in reach of a late event."""

KEPT_OF_REMOVED = ("facts", "attempts", "jobs")
"""Tables that such jobs stay in: what they are derived from, and what a price, a neighbour or a total needs."""

EVERY_SIDE = (*SIDES, REMOVED)

DERIVED = ("attempts", "checkpoints", "restores", "jobs")
"""The pairs that the fold derives anew for every job it touches."""

JOB_COLUMNS = tuple(_JOBS)


def quoted(columns: dict[str, str] | tuple[str, ...]) -> str:
    """Column names for a statement; one of them, user, is a word of SQL."""
    return ", ".join(f'"{name}"' for name in columns)


def pair_statements() -> list[str]:
    """Statements that create the tables of each pair and the views over them.

    `NAME` holds what is listed. With what is removed, `known_NAME` holds everything that is derived of jobs, and
    `past_NAME` all of it but what is in motion.
    """
    statements = []
    for table, columns in PAIRS.items():
        body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        sides = EVERY_SIDE if table in KEPT_OF_REMOVED else SIDES
        statements += [f"CREATE TABLE IF NOT EXISTS {table}_{side} ({body})" for side in sides]
        statements.append(_view(table, table, SIDES))
        if table in KEPT_OF_REMOVED and table in DERIVED:
            statements += [_view(f"known_{table}", table, sides), _view(f"past_{table}", table, sides[1:])]
    return statements


def _view(name: str, table: str, sides: Sequence[str]) -> str:
    union = " UNION ALL ".join(f"SELECT * FROM {table}_{side}" for side in sides)
    return f"CREATE OR REPLACE VIEW {name} AS {union}"
