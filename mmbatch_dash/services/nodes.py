"""Worker nodes for pages and API, judged by the heartbeat and time to live the configuration asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.nodes import NodePatience, NodeState, count_node_states, fetch_nodes
from mmbatch_dash.store.queries.rows import Row

MOST_NODES = 10_000


@dataclass(frozen=True, slots=True)
class NodeList:
    """Nodes at one time.

    Attributes:
        rows: columns of `store.queries.nodes.NODE_COLUMNS`, those heard of last first.
        states: state → how many nodes of the selection are in it, whatever states were asked for.
        patience: the heartbeat and time to live they were judged by.
    """

    as_of: datetime
    rows: list[Row]
    states: dict[NodeState, int]
    patience: NodePatience


class Nodes:
    """Questions about nodes; thread-safe."""

    def __init__(
        self,
        database: Database,
        patience: Callable[[], NodePatience],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._patience = patience
        self._clock = clock

    def patience(self) -> NodePatience:
        """How long a node may be silent now."""
        return self._patience()

    def count(self, selection: Selection) -> dict[NodeState, int]:
        """State → how many nodes of the selection are in it."""
        with self._database.cursor() as cursor:
            return count_node_states(cursor, selection, self._clock(), self._patience())

    def list(
        self, selection: Selection, *, states: tuple[NodeState, ...] = (), limit: int = MOST_NODES, offset: int = 0
    ) -> NodeList:
        """The nodes of a selection, in the states asked for or in all."""
        as_of, patience = self._clock(), self._patience()
        with self._database.cursor() as cursor:
            rows = fetch_nodes(cursor, selection, as_of, patience, states=states, limit=limit, offset=offset)
            counts = count_node_states(cursor, selection, as_of, patience)
        return NodeList(as_of, rows, counts, patience)
