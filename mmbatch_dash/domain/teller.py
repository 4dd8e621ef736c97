"""Who tells the server something, and what is believed of them."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Fact

PREFIX, PRICE = "mmbatch.", "mmbatch.price.observed"
OTHERS = "aws"
"""Among the types a token may be bound to: all that is no native event, as EventBridge envelopes."""
NO_PRICES = "prices are taken from tokens with the right `prices` only; make one, or have an admin import them"
Claim = Callable[[str], str]
"""Given a node id: whose it is instead, empty if it is the teller's."""


def _anybodys(_node_id: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells.

    Attributes:
        name: as the journal notes it: token:agent, local:ana, address:192.0.2.1, command:import, sync.
        types: first words of the event types it may send, as `job`; empty for all.
        sources: patterns of the sources it may name, as `my/*`; empty for all.
        may_price: whether its prices are believed.
        claim: whose a node is.
    """

    name: str
    types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    may_price: bool = True
    claim: Claim = _anybodys

    @property
    def is_bound(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.types or self.sources or not self.may_price or self.claim is not _anybodys)

    def check(self, entry: Entry) -> Entry:
        """The entry as far as it is believed.

        Raises:
            InvalidInput: the teller may not say this; names why.
        """
        if self.types and kind_of(entry.type) not in self.types:
            raise InvalidInput(
                f"{entry.type!r} may not be sent with this token; it may send {', '.join(self.types)}", field="type"
            )
        if self.sources and not any(fnmatchcase(entry.source, pattern) for pattern in self.sources):
            raise InvalidInput(
                f"{entry.source!r} may not be named with this token; it may name {', '.join(self.sources)}",
                field="source",
            )
        for fact in entry.facts:
            self._check_node(fact)
        return entry if self.may_price else _without_prices(entry)

    def _check_node(self, fact: Fact) -> None:
        node_id = fact.get("node_id") or fact.get("instance_id")
        if kind_of(fact["type"]) == "node" and node_id and (why := self.claim(node_id)):
            raise InvalidInput(f"node {node_id!r} {why}", field="data.node_id")


def kind_of(event_type: str) -> str:
    """The first word of a native event type, as `job`; `aws` for all others."""
    return event_type.removeprefix(PREFIX).partition(".")[0] if event_type.startswith(PREFIX) else OTHERS


def _without_prices(entry: Entry) -> Entry:
    if any("effective_at" in fact or fact["type"] == PRICE for fact in entry.facts):
        raise InvalidInput(NO_PRICES, field="type")
    if not any("usd_per_hour" in fact for fact in entry.facts):
        return entry
    return entry._replace(facts=[_unpriced(fact) for fact in entry.facts])


def _unpriced(fact: Fact) -> Fact:
    if "usd_per_hour" not in fact:
        return fact
    kept = fact.copy()
    del kept["usd_per_hour"]
    kept["unread"] = [*fact.get("unread", []), "usd_per_hour"]
    return kept
