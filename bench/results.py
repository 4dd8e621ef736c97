"""The rows of a run as JSON, so that releases can be compared: on what, how busy it was, and what came out."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.table import Row

PACKAGES = ("duckdb", "pyarrow", "flask", "granian", "orjson")


def write_results(file: Path, rows: Sequence[Row], arguments: Sequence[str]) -> None:
    """Writes a file; its folder is made if need be."""
    told = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "arguments": [part for part in arguments if not part.startswith(("--json", "/"))],
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "packages": {name: version(name) for name in PACKAGES},
        "rows": [asdict(row) for row in rows],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
