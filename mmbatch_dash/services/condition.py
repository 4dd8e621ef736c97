"""How the server's data are: what keeps it from accepting events, and what of the journal is damaged."""

from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.projection import Projection

DAMAGED = (
    "{count} of the journal cannot be read ({first}); the figures are those of the rest. "
    "`python -m mmbatch_dash check` lists every place."
)
DAMAGED_SHARED = (
    "{count} of the shared journal cannot be read ({first}); the figures are those of the rest. "
    "The log of each server names every place; restore the database of before to have it back."
)


class Condition:
    """What is wrong, in sentences; empty where nothing is."""

    def __init__(self, journal: Journal, projection: Projection, *, shared: bool = False) -> None:
        """Of a journal and its tables; `shared` where it is in a database."""
        self._journal = journal
        self._said = DAMAGED_SHARED if shared else DAMAGED
        self._projection = projection

    def refusal(self) -> str | None:
        """Why no event is accepted now, or None."""
        return self._journal.obstacle()

    def degraded(self) -> tuple[str, ...]:
        """What makes the figures less than they should be."""
        return (*self._damaged(), *self._projection.degraded())

    def _damaged(self) -> tuple[str, ...]:
        damage = self._journal.damage
        if not damage.count:
            return ()
        count = "1 place" if damage.count == 1 else f"{damage.count:,} places"
        return (self._said.format(count=count, first=damage.places[0]),)
