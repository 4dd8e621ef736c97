"""Worker nodes for pages and API, judged by the heartbeat and time to live the configuration asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mmbatch_dash.domain.paging import Sort, parse_sort
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.nodes import (
    LATEST_FIRST,
    NODE_SORTABLE,
    NodePatience,
    NodeState,
    count_node_states,
    fetch_node_values,
    fetch_nodes,
)
from mmbatch_dash.store.queries.rows import Row

MOST_NODES = 10_000


@dataclass(frozen=True, slots=True)
class NodeList:
    """Nodes at one time.

    Attributes:
        rows: columns of `store.queries.nodes.NODE_COLUMNS`, in the order asked for.
        states: state → how many nodes of the selection are in it, whatever states were asked for.
        patience: the heartbeat and time to live they were judged by.
        clocks_off: node → how far its clock is ahead of the server's, of all nodes where that is too much.
    """

    as_of: datetime
    rows: list[Row]
    states: dict[NodeState, int]
    patience: NodePatience
    clocks_off: Mapping[str, float] = field(default_factory=dict)


class Nodes:
    """Questions about nodes; thread-safe."""

    def __init__(
        self,
        database: Database,
        patience: Callable[[], NodePatience],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        clocks_off: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self._database = database
        self._patience = patience
        self._clock, self._clocks_off = clock, clocks_off

    def patience(self) -> NodePatience:
        """How long a node may be silent now."""
        return self._patience()

    def count(self, selection: Selection) -> dict[NodeState, int]:
        """State → how many nodes of the selection are in it."""
        with self._database.cursor() as cursor:
            return count_node_states(cursor, selection, self._clock(), self._patience())

    def values(self, *names: str) -> dict[str, list[str]]:
        """Filter → the values that nodes have of it, of filters that nodes have themselves."""
        with self._database.cursor() as cursor:
            return {name: fetch_node_values(cursor, name) for name in names}

    def read_sort(self, text: str | None) -> Sort:
        """The order that `sort` asks for; those heard of last first if it is empty.

        Raises:
            InvalidFilter: no such column.
        """
        return parse_sort(text, NODE_SORTABLE, LATEST_FIRST)

    def list(
        self,
        selection: Selection,
        *,
        states: tuple[NodeState, ...] = (),
        sort: Sort = LATEST_FIRST,
        limit: int = MOST_NODES,
        offset: int = 0,
    ) -> NodeList:
        """The nodes of a selection, in the states asked for or in all, from an offset on."""
        as_of, patience = self._clock(), self._patience()
        with self._database.cursor() as cursor:
            rows = fetch_nodes(cursor, selection, as_of, patience, states=states, sort=sort, limit=limit, offset=offset)
            counts = count_node_states(cursor, selection, as_of, patience)
        return NodeList(as_of, rows, counts, patience, self._clocks_off())
