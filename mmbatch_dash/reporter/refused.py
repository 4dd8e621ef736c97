"""What a server refuses of an event: the field goes, the event stays, and it is said where somebody reads it."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

FIELDS_FILE = "fields.log"
MOST_FIELDS_BYTES = 65_536
_NEEDED = frozenset({"job_id", "attempt", "node_id", "instance_id", "instance_type", "reason", "usd_per_hour"})
"""Without these an event says nothing, or something else."""
_DATA = "data."


def read_refusals(told: Mapping[str, Any], count: int) -> Dict[int, str]:
    """Place in the batch → why that event was refused, of an answer to a batch of `count` events."""
    found: Dict[int, str] = {}
    rejected = told.get("rejected")
    for one in rejected if isinstance(rejected, list) else []:
        if isinstance(one, dict):
            index, error = one.get("index"), one.get("error")
            if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < count and isinstance(error, str):
                found[index] = error
    return found


def without_field(event: Mapping[str, Any], error: str) -> Tuple[Optional[Dict[str, Any]], str]:
    """The event without the one field that an error names, and that field's name; None where it cannot do without."""
    data = event.get("data")
    name = error[len(_DATA) :].partition(":")[0].partition(".")[0] if error.startswith(_DATA) else ""
    if not isinstance(data, dict) or name not in data or name in _NEEDED:
        return None, name
    return {**event, "data": {key: value for key, value in data.items() if key != name}}, name


def say_field_refused(root: Path, event: Mapping[str, Any], name: str, error: str) -> None:
    """Says on stderr, and for the doctor, that an event goes without a field."""
    value = str(event.get("data", {}).get(name))[:80]
    words = "the server refuses {}={} ({}); {} is told without it".format(
        name, value, error[len(_DATA) :][:200], event.get("type")
    )
    _say(words)
    with suppress(OSError):
        root.mkdir(parents=True, exist_ok=True)
        path = root / FIELDS_FILE
        mode = "a" if path.exists() and path.stat().st_size < MOST_FIELDS_BYTES else "w"
        with path.open(mode, encoding="utf-8", errors="backslashreplace") as file:
            file.write(words + "\n")


def say_event_refused(event: Mapping[str, Any], error: str, where: Path) -> None:
    """Says on stderr that an event is not taken at all."""
    _say("the server refuses {} ({}); it is kept in {}".format(event.get("type"), error[:200], where))


def fields_refused(root: Path) -> List[str]:
    """What was said of fields, the latest last."""
    try:
        return (root / FIELDS_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []


def _say(words: str) -> None:
    line = "".join(letter if letter.isprintable() else "?" for letter in words)
    with suppress(Exception):
        sys.stderr.write(f"mmbatch-report: {line}\n")
        sys.stderr.flush()
