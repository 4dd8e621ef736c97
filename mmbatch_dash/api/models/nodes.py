"""Nodes."""

from mmbatch_dash.api.models.shape import Count, Instant, Shape, columns, record
from mmbatch_dash.store.queries.exports import NODE_FIELDS
from mmbatch_dash.store.queries.nodes import NodeState

Node = record("Node", "One worker node.", columns(NODE_FIELDS))
NodeStates = record("NodeStates", "How many nodes are in each state.", {state.value: Count for state in NodeState})


class NodeList(Shape):
    """A page of nodes, and how all of the selection stand."""

    as_of: Instant
    heartbeat_seconds: float
    ttl_seconds: float
    states: NodeStates  # type: ignore[valid-type] # made of the states
    rows: list[Node]  # type: ignore[valid-type] # made of the columns of the store


class LogFile(Shape):
    """A log file that was handed in; `href` is where the whole of it is."""

    node_id: str
    path: str
    size_bytes: Count
    modified_at: Instant
    href: str
