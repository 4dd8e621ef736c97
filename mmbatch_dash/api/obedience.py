"""Who obeys: notes who fetches the configuration, and answers who has which version, and since when."""

from typing import Protocol

from flask import Blueprint, Response, g, request

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.config import ConfigStatus
from mmbatch_dash.domain.endpoints import CONFIGURATION, Content, Endpoint
from mmbatch_dash.domain.identity import Audience, CallerKind, Identity
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.domain.teller import Teller
from mmbatch_dash.services.obedience import Named, Obedience
from mmbatch_dash.store.config.store import ConfigStore

NODE_HEADER, NODE_PARAMETER = "X-Node-Id", "node"
POLLED = "config.get_config"
"""The endpoint that nodes poll."""


class HasObedience(Protocol):
    """The part of the services this blueprint needs."""

    @property
    def config(self) -> ConfigStore:
        """The configuration."""

    @property
    def obedience(self) -> Obedience:
        """The register."""


def build_blueprint(services: HasObedience) -> Blueprint:
    """The blueprint; it also listens to the answers of the endpoint that nodes poll."""
    blueprint = Blueprint("obedience", __name__)

    @blueprint.after_app_request
    def note(response: Response) -> Response:
        if request.endpoint == POLLED and request.method == "GET" and response.status_code in (200, 304):
            etag, _weak = response.get_etag()
            # A change at this very moment is noted under the version that follows; the next poll sets it right.
            queue = request.args.get("queue") or None
            services.obedience.record(*name_caller(), etag or "", services.config.version, queue, request.date)
        return response

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/config/obedience",
        Endpoint(
            who=Audience.READER,
            about="Which node or client has which version of the configuration, and since when.",
            group=CONFIGURATION,
            answers={200: Content(ConfigStatus)},
        ),
    )
    def get_obedience() -> Response:
        obeys = services.obedience.report()
        return json_answer(
            {
                "version": obeys.version,
                "etag": obeys.etag,
                "obeying": obeys.obeying,
                "behind": obeys.behind,
                "silent": obeys.silent,
                "clients": [
                    {
                        "name": client.name,
                        "named": client.named.value,
                        "version": client.version,
                        "etag": client.etag,
                        "obeys": obeys.is_current(client),
                        "queue": client.queue,
                        "clock_ahead_seconds": client.clock_ahead_seconds,
                        "since": to_iso(client.since),
                        "seen_at": to_iso(client.seen_at),
                    }
                    for client in obeys.clients
                ],
            }
        )

    return blueprint


def name_caller() -> tuple[str, Named]:
    """The name of whoever asks: what a node calls itself, else token or user with the address, else the address."""
    node = (request.headers.get(NODE_HEADER) or request.args.get(NODE_PARAMETER) or "").strip()
    if node and node.isprintable() and not _is_anothers(node):
        return node, Named.NODE
    address, identity = request.remote_addr or "unknown", g.get("identity")
    if isinstance(identity, Identity) and identity.kind is CallerKind.TOKEN:
        return f"{identity.name} from {address}", Named.TOKEN
    if isinstance(identity, Identity) and identity.signed_in:
        return f"{identity.name} from {address}", Named.USER
    return address, Named.ADDRESS


def _is_anothers(node: str) -> bool:
    """Whether the caller may not speak for that node, which another token named first."""
    teller = g.get("teller")
    return isinstance(teller, Teller) and teller.claim(node) != ""
