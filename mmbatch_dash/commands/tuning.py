"""How Python shares its time in a process that reads events in one thread and folds in another."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_BEFORE_SEARCH = 50_000
"""New objects after which Python looks for cycles among them: more than the events of some requests are made of."""
SWITCH_SECONDS = 0.0005
"""After which a thread that computes gives way. The fold comes back from DuckDB a hundred times a batch, and waited for
its turn each time: with Python's 5 ms a batch took three times its work."""


def share_time() -> None:
    """Settles the interpreter once what stays to the end has been made, so that it is not gone through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_SEARCH)
    sys.setswitchinterval(SWITCH_SECONDS)


@contextmanager
def sharing_time() -> Iterator[None]:
    """The same for a block, in a process that goes on to other things."""
    threshold, switch_seconds = gc.get_threshold(), sys.getswitchinterval()
    share_time()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
        sys.setswitchinterval(switch_seconds)
