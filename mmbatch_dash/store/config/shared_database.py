"""Which database a data directory shares with others, for whoever must know before the configuration is opened."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmbatch_dash.domain.config import ConfigRefused
from mmbatch_dash.store.config.overrides import variable_of
from mmbatch_dash.store.config.state import FILE_NAME
from mmbatch_dash.store.config.yaml import read_document

KEY = "cluster.postgres"


def read_shared_database(data_dir: Path, environ: Mapping[str, str] | None = None) -> str:
    """`cluster.postgres` as the environment or config.yaml gives it, unchecked; empty where neither does."""
    told = (os.environ if environ is None else environ).get(variable_of(KEY))
    if told is not None:
        return told.strip()
    tree: Any = {}
    with suppress(OSError, UnicodeDecodeError, ConfigRefused):  # whoever opens the configuration says what is wrong
        tree = read_document((data_dir / FILE_NAME).read_text(encoding="utf-8")).tree
    section, _, name = KEY.partition(".")
    value = (tree.get(section) or {}).get(name) if isinstance(tree, dict) else None
    return value.strip() if isinstance(value, str) else ""
