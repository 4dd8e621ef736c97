"""Errors of the domain, as sentences a person can act on. They are translated to HTTP once, at the edge."""


class MmbatchDashError(Exception):
    """Base of every error this product raises on purpose; `str(error)` is a sentence for people."""


class InvalidInput(MmbatchDashError):
    """Something that came in breaks a rule; the message names the field and the remedy.

    Attributes:
        field: dotted name of what is wrong ("data.vcpus"), empty when it is the whole thing.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class InvalidFilter(InvalidInput):
    """A query parameter that chooses jobs does not parse."""


class StoreUnavailable(MmbatchDashError):
    """The store cannot take or give data now; the message says why and when to try again."""


class Rebuilding(StoreUnavailable):
    """There are no figures to show while the tables are made anew; events are taken in meanwhile."""


class NotFound(MmbatchDashError):
    """What was asked for by name is not in the store."""
