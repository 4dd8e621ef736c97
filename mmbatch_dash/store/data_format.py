"""The versions of what is kept in a data directory: a program does not touch what a newer one wrote."""

import os
from pathlib import Path

import orjson

from mmbatch_dash import __version__
from mmbatch_dash.domain.errors import StoreUnavailable

FILE = "format.json"
VERSIONS = {"configuration": 1, "tables": 2}
"""What this program writes; the journal notes its own. Tables of version 1 do not say what made them."""


def claim_format(data_dir: Path) -> None:
    """Notes what this program writes; for whoever holds the lock, before anything else is opened.

    Raises:
        StoreUnavailable: a newer program wrote it.
    """
    noted = _read(data_dir)
    for name, version in VERSIONS.items():
        if (found := noted.get(name, 0)) > version:
            raise StoreUnavailable(
                f"The data directory {data_dir} has {name} of format {found}, written by mmbatch_dash "
                f"{noted.get('program', 'of a newer version')}, and this is {__version__}, which knows {version} at "
                "most. Start the newer program, or restore a backup made before the upgrade."
            )
    if noted != {"program": __version__, **VERSIONS}:
        temporary = data_dir / f"{FILE}.tmp"
        with temporary.open("wb") as file:
            file.write(orjson.dumps({"program": __version__, **VERSIONS}))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(data_dir / FILE)


def _read(data_dir: Path) -> dict[str, int]:
    try:
        told = orjson.loads((data_dir / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) and all(isinstance(told.get(name, 0), int) for name in VERSIONS) else {}
