"""The token with which commands on this machine read from the running server: whoever may read the file may use it."""

import hashlib
from pathlib import Path

from mmbatch_dash.store.auth.secret_file import read_or_make_key

MACHINE_ID = "machine"


def read_machine_token(secrets_dir: Path) -> str:
    """The token; made on first use. It may read and nothing else."""
    return f"mmb_{MACHINE_ID}_{machine_secret(secrets_dir)}"


def machine_secret(secrets_dir: Path) -> str:
    """Its secret part."""
    return hashlib.sha256(b"machine" + read_or_make_key(secrets_dir / "machine.key")).hexdigest()
