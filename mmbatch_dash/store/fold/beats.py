"""Heartbeats that say nothing new: most of what a fleet sends, and no more to the tables than how late it is.

Planning the steps of a batch costs more than a thousand such heartbeats are worth. What is left out here is what the
steps would have found to change nothing: the node is known, each of its heartbeats in the batch repeats what is known
of it and of its instance, and no other line of the batch speaks of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc

HEARTBEAT = "mmbatch.node.heartbeat"
_MARK = "mmbatch.node."
_TEXTS = ("instance_id", "instance_type", "availability_zone", "purchase_option", "engine_version")
_NUMBERS = ("node_vcpus", "node_memory_mib")
_TIME = "instance_launched_at"
_OTHERS = ("type", "at", "node_id", "job_ids")
_KNOWN_KEYS = frozenset({*_TEXTS, *_NUMBERS, _TIME, *_OTHERS})
_OF_NODE = (*_TEXTS, _TIME, *_NUMBERS)
_OF_INSTANCE = ("instance_type", "availability_zone", "purchase_option", _TIME, *_NUMBERS)
_NODES = """
SELECT node_id, instance_id, instance_type, availability_zone, purchase_option, engine_version, instance_launched_at,
       vcpus, memory_mib
FROM nodes WHERE node_id IN (SELECT unnest(?::VARCHAR[]))
"""
_INSTANCES = """
SELECT instance_id, instance_type, availability_zone, purchase_option, instance_launched_at,
       node_vcpus, node_memory_mib, happened_at, source, event_id
FROM instance_facts WHERE rank = 0 AND instance_id IN (SELECT unnest(?::VARCHAR[]))
"""
_UPDATE = """
UPDATE nodes SET
    job_ids = CASE WHEN b.job_ids IS NOT NULL AND coalesce(b.last_at >= nodes.last_heartbeat_at, true)
                   THEN b.job_ids ELSE nodes.job_ids END,
    last_heartbeat_at = greatest(nodes.last_heartbeat_at, b.last_at),
    told_at = greatest(nodes.told_at, b.last_at),
    first_seen_at = least(nodes.first_seen_at, b.first_at)
FROM beats b WHERE nodes.node_id = b.node_id
"""
_ROWS = pa.schema(
    {
        "node_id": pa.string(),
        "first_at": pa.timestamp("us"),
        "last_at": pa.timestamp("us"),
        "job_ids": pa.list_(pa.string()),
    }
)


class _Beat(NamedTuple):
    """One heartbeat, ordered as the facts of an instance are."""

    at: datetime
    source: str
    event_id: str
    row: int
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quiet:
    """Heartbeats that say nothing new.

    Attributes:
        lines: how many there are.
        nodes: Arrow table node_id, first_at, last_at, job_ids (of the last that names any), one row a node.
    """

    lines: int
    nodes: pa.Table


def split_quiet(cursor: duckdb.DuckDBPyConnection, lines: pa.Table) -> tuple[pa.Table, Quiet | None]:
    """The lines (position, line) without heartbeats that say nothing new, and those; None where there are none.

    Args:
        cursor: nobody else may change the tables until what comes back is recorded.
        lines: of one batch.
    """
    rows = pc.indices_nonzero(pc.match_substring(lines["line"], _MARK))
    if not len(rows):
        return lines, None
    beats = _beats_by_node(rows.to_pylist(), lines["line"].take(rows).to_pylist())
    quiet = dict(_find_quiet(cursor, beats)) if beats else {}
    if not quiet:
        return lines, None
    left_out = [beat.row for told in quiet.values() for beat in told]
    mask = [True] * len(lines)
    for row in left_out:
        mask[row] = False
    return lines.filter(pa.array(mask)), Quiet(len(left_out), _sum_up(quiet))


def record_quiet(cursor: duckdb.DuckDBPyConnection, quiet: Quiet) -> None:
    """Writes what heartbeats that say nothing new leave behind, in the caller's transaction."""
    cursor.execute("INSERT INTO event_counts VALUES (?, true, ?)", [HEARTBEAT, quiet.lines])
    cursor.register("beats", quiet.nodes)
    try:
        cursor.execute(_UPDATE).fetchall()
    finally:
        cursor.unregister("beats")


def _beats_by_node(rows: list[int], lines: list[str]) -> dict[str, list[_Beat]]:
    """The heartbeats of nodes of which nothing else is said; none at all where a line cannot be read here."""
    beats: dict[str, list[_Beat]] = {}
    loud: set[str] = set()
    for row, line in zip(rows, lines, strict=True):
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            return {}
        facts = entry.get("facts") or ()
        if (beat := _read_beat(entry, row)) is not None:
            beats.setdefault(beat.told["node_id"], []).append(beat)
        else:
            loud.update(fact["node_id"] for fact in facts if fact.get("node_id"))
    return {node_id: told for node_id, told in beats.items() if node_id not in loud}


def _read_beat(entry: Mapping[str, Any], row: int) -> _Beat | None:
    """The heartbeat of an entry that is one and nothing else."""
    facts: list[dict[str, Any]] = entry.get("facts") or []
    if entry.get("type") != HEARTBEAT or len(facts) != 1:
        return None
    fact = dict(facts[0])
    if fact.get("type") != HEARTBEAT or not fact.keys() <= _KNOWN_KEYS or not isinstance(fact.get("node_id"), str):
        return None
    job_ids = fact.get("job_ids")
    if job_ids is not None and not all(isinstance(job_id, str) for job_id in job_ids):
        return None
    try:
        at = _instant(fact["at"])
        fact[_TIME] = _instant(fact[_TIME]) if fact.get(_TIME) else None
        return _Beat(at, entry["source"], entry["id"], row, fact)
    except (KeyError, TypeError, ValueError):
        return None


def _find_quiet(
    cursor: duckdb.DuckDBPyConnection, beats: Mapping[str, list[_Beat]]
) -> Iterator[tuple[str, list[_Beat]]]:
    """The nodes all of whose heartbeats repeat what the tables say of node and instance."""
    nodes = {name: dict(zip(_OF_NODE, known, strict=True)) for name, *known in _ask(cursor, _NODES, beats)}
    repeating = {
        node_id: told
        for node_id, told in beats.items()
        if (known := nodes.get(node_id)) is not None
        and all(beat.told.get(name) in (None, known[name]) for beat in told for name in _OF_NODE)
    }
    instances = {known["instance_id"] for node_id in repeating if (known := nodes[node_id])["instance_id"]}
    first_said: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in _ask(cursor, _INSTANCES, instances):
        description, told_at = row[:7], row[7:]
        first_said[description] = min(first_said.get(description, told_at), told_at)
    for node_id, told in repeating.items():
        if all(_was_said(beat, first_said) for beat in told):
            yield node_id, told


def _was_said(beat: _Beat, first_said: Mapping[tuple[Any, ...], tuple[Any, ...]]) -> bool:
    """Whether another heartbeat said before what this one says of its instance."""
    instance_id, description = beat.told.get("instance_id"), tuple(beat.told.get(name) for name in _OF_INSTANCE)
    if instance_id is None or description == (None,) * len(description):
        return True
    first = first_said.get((instance_id, *description))
    return first is not None and first <= (beat.at, beat.source, beat.event_id)


def _sum_up(quiet: Mapping[str, list[_Beat]]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [] for name in _ROWS.names}
    for node_id, told in quiet.items():
        columns["node_id"].append(node_id)
        columns["first_at"].append(min(beat.at for beat in told))
        columns["last_at"].append(max(beat.at for beat in told))
        naming = [beat for beat in told if beat.told.get("job_ids") is not None]
        columns["job_ids"].append(max(naming, key=lambda beat: beat.at).told["job_ids"] if naming else None)
    return pa.table(columns, schema=_ROWS)


def _ask(cursor: duckdb.DuckDBPyConnection, sql: str, names: Any) -> list[tuple[Any, ...]]:
    return cursor.execute(sql, [list(names)]).fetchall() if names else []


def _instant(text: str) -> datetime:
    """UTC without zone, as the tables have it."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
