"""The state of the alerts, written down: replaced whole, durably, before anybody is told anything."""

import json
import logging
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from mmbatch_dash.domain.alerts.incidents import Incident, Silence, State
from mmbatch_dash.store.documents.interface import Documents, put

LOG = logging.getLogger(__name__)
FILE_NAME, ASIDE = "alerts.json", "alerts.unreadable"
_INCIDENTS = TypeAdapter(tuple[Incident, ...])
_SILENCES = TypeAdapter(tuple[Silence, ...])
_PENDING = TypeAdapter(list[tuple[str, str, datetime]])
ANY = "*"


def write_state(documents: Documents, state: State, expected: str | None = ANY) -> str:
    """Writes the state down, as the version that comes back; a crash leaves this one or the one before.

    Args:
        documents: where.
        state: all of it.
        expected: the version it was made from; whatever is there if not given.

    Raises:
        Outdated: another server wrote meanwhile; nothing was changed.
        StoreUnavailable: it cannot be written; nobody may be told of what is in it.
    """
    record = {
        "pending": [(*place, since) for place, since in state.pending.items()],
        "open": [asdict(one) for one in state.open],
        "closed": [asdict(one) for one in state.closed],
        "silences": [asdict(one) for one in state.silences],
    }
    content = json.dumps(record, default=_written, ensure_ascii=False).encode()
    return put(documents, FILE_NAME, content) if expected == ANY else documents.write(FILE_NAME, content, expected)


def read_state(documents: Documents) -> State:
    """The state written last; an empty one at the first start. One that cannot be read is put aside under its name."""
    kept = documents.read(FILE_NAME)
    if kept is None:
        return State()
    try:
        record: dict[str, Any] = json.loads(kept.content)
        return State(
            pending={(rule, group): since for rule, group, since in _PENDING.validate_python(record["pending"])},
            open=_INCIDENTS.validate_python(record["open"]),
            closed=_INCIDENTS.validate_python(record["closed"]),
            silences=_SILENCES.validate_python(record["silences"]),
        )
    except (ValueError, KeyError, TypeError):
        place = documents.place(FILE_NAME)
        LOG.exception("%s cannot be read and is kept as %s; open incidents are told of anew", place, ASIDE)
        put(documents, ASIDE, kept.content)
        return State()


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is nothing that is written down")
