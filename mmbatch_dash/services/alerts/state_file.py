"""The state of the alerts on disk: replaced whole, durably, before anybody is told anything."""

import json
import logging
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mmbatch_dash.domain.alerts.incidents import Incident, Silence, State
from mmbatch_dash.store.config.file import replace_text

LOG = logging.getLogger(__name__)
FILE_NAME = "alerts.json"
_INCIDENTS = TypeAdapter(tuple[Incident, ...])
_SILENCES = TypeAdapter(tuple[Silence, ...])
_PENDING = TypeAdapter(list[tuple[str, str, datetime]])


def write_state(folder: Path, state: State) -> None:
    """Puts the state on disk; a crash at any moment leaves this one or the one before.

    Raises:
        StoreUnavailable: it cannot be written; nobody may be told of what is in it.
    """
    record = {
        "pending": [(*place, since) for place, since in state.pending.items()],
        "open": [asdict(one) for one in state.open],
        "closed": [asdict(one) for one in state.closed],
        "silences": [asdict(one) for one in state.silences],
    }
    replace_text(folder / FILE_NAME, json.dumps(record, default=_written, ensure_ascii=False))


def read_state(folder: Path) -> State:
    """The state written last; an empty one at the first start. One that cannot be read is put aside under its name."""
    path = folder / FILE_NAME
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return State(
            pending={(rule, group): since for rule, group, since in _PENDING.validate_python(record["pending"])},
            open=_INCIDENTS.validate_python(record["open"]),
            closed=_INCIDENTS.validate_python(record["closed"]),
            silences=_SILENCES.validate_python(record["silences"]),
        )
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, KeyError, TypeError):
        aside = path.with_suffix(".unreadable")
        LOG.exception("%s cannot be read and is kept as %s; open incidents are told of anew", path, aside.name)
        path.replace(aside)
        return State()


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is nothing that is written down")
