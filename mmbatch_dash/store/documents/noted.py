"""What one server at a time writes down, and the others take over: read anew once somebody else wrote it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.store.documents.interface import Documents

State = TypeVar("State")


class Noted(Generic[State]):
    """A state beside the version of its document.

    Attributes:
        version: of the document when the state was read; None where there was none.
    """

    def __init__(self, documents: Documents, name: str, read: Callable[[Documents], State]) -> None:
        """Reads what was written last.

        Args:
            documents: where it is.
            name: of the document.
            read: the state that the document tells of.
        """
        self._documents, self._name, self._read = documents, name, read
        self.version = documents.version(name)
        self._state = read(documents)

    def now(self) -> State:
        """What is written down, whoever wrote it; what was known before where that cannot be told now."""
        with suppress(StoreUnavailable):
            version = self._documents.version(self._name)
            if version != self.version:
                self._state, self.version = self._read(self._documents), version
        return self._state

    def wrote(self, state: State, version: str) -> None:
        """Takes note of a state that was just written down as that version."""
        self._state, self.version = state, version
