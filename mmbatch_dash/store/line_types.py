"""The JSON structures that DuckDB reads the lines of the journal with."""

import json

from mmbatch_dash.store.tables import FACT_COLUMNS

_ENTRY_LINE = {
    "received_at": "TIMESTAMP",
    "kind": "UTINYINT",
    "source": "VARCHAR",
    "id": "VARCHAR",
    "identity": "UBIGINT",
    "digest": "UBIGINT",
    "type": "VARCHAR",
}

_ASIDE_LINE = {
    "received_at": "TIMESTAMP",
    "reject": {
        "reject_id": "VARCHAR",
        "error": "VARCHAR",
        "place": "BIGINT",
        "event_id": "VARCHAR",
        "door": "VARCHAR",
        "file": "VARCHAR",
        "raw": "VARCHAR",
        "options": "VARCHAR",
    },
    "settled": {"reject_id": "VARCHAR", "outcome": "VARCHAR"},
}


def entry_line_type() -> str:
    """The JSON structure DuckDB reads the journal line of an entry with, without the original."""
    return json.dumps({**_ENTRY_LINE, "facts": [FACT_COLUMNS]})


def kept_aside_type() -> str:
    """The JSON structure of the other journal lines: what was kept aside, and what was settled since."""
    return json.dumps(_ASIDE_LINE)
