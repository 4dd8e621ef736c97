"""GET /api/v1/nodes: worker nodes with the state their heartbeats add up to."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.nodes import NodeList
from mmbatch_dash.api.queries import NodesQuery
from mmbatch_dash.domain.endpoints import Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("nodes", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/nodes",
        Endpoint(
            who=Audience.READER,
            about="Nodes with their state.",
            group="Nodes",
            query=NodesQuery,
            answers={200: Content(NodeList)},
        ),
    )
    def get_nodes(query: NodesQuery) -> Response:
        found = services.nodes.list(
            query.selection,
            states=query.states,
            sort=services.nodes.read_sort(query.sort),
            limit=query.limit,
            offset=query.offset,
        )
        body = {
            "as_of": found.as_of,
            "heartbeat_seconds": found.patience.heartbeat_seconds,
            "ttl_seconds": found.patience.ttl_seconds,
            "states": found.states,
            "rows": found.rows,
        }
        return json_answer(body)

    return blueprint
