"""GET /api/v1/nodes: worker nodes with the state their heartbeats add up to."""

from flask import Blueprint, Response, request

from mmbatch_dash.api.answers import asked_selection, json_answer
from mmbatch_dash.api.paging import asked_limit, single
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.paging import parse_count
from mmbatch_dash.services import Services
from mmbatch_dash.store.queries.nodes import NodeState


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("nodes", __name__)

    @blueprint.get("/api/v1/nodes")
    def get_nodes() -> Response:
        limit, offset = asked_limit(), parse_count(single("offset"), "offset", default=0, least=0)
        sort = services.nodes.read_sort(single("sort"))
        found = services.nodes.list(asked_selection(), states=asked_states(), sort=sort, limit=limit, offset=offset)
        body = {
            "as_of": found.as_of,
            "heartbeat_seconds": found.patience.heartbeat_seconds,
            "ttl_seconds": found.patience.ttl_seconds,
            "states": found.states,
            "rows": found.rows,
        }
        return json_answer(body)

    return blueprint


def asked_states() -> tuple[NodeState, ...]:
    """The node states the request chooses; none means all.

    Raises:
        InvalidFilter: one is no state.
    """
    known = {state.value: state for state in NodeState}
    for text in request.args.getlist("state"):
        if text not in known:
            raise InvalidFilter(f"{text[:80]!r} is not one of {', '.join(known)}", field="state")
    return tuple(known[text] for text in dict.fromkeys(request.args.getlist("state")))
