"""What is believed of a caller who sends events."""

from functools import partial

from mmbatch_dash.domain.identity import CallerKind, Identity, Right
from mmbatch_dash.domain.teller import Teller
from mmbatch_dash.services.intake import name_teller
from mmbatch_dash.store.auth.node_owners import NodeOwners


class Tellers:
    """Makes tellers of callers."""

    def __init__(self, owners: NodeOwners) -> None:
        self._owners = owners

    def of(self, identity: Identity, address: str) -> Teller:
        """Who tells: admins and those who own the server are believed in all, tokens within their bounds."""
        name = name_teller(identity, address)
        if identity.kind is not CallerKind.TOKEN or identity.is_admin:
            return Teller(name)
        claim = partial(self._owners.claim, token=identity.name)
        return Teller(name, identity.types, identity.sources, Right.PRICES in identity.rights, claim)
