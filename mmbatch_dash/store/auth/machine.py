"""The token with which commands on this machine read from the running server: whoever may read the file may use it."""

import hashlib

from mmbatch_dash.store.documents.interface import Documents
from mmbatch_dash.store.documents.tree import read_or_make_key

MACHINE_ID = "machine"


def read_machine_token(documents: Documents) -> str:
    """The token; made on first use. It may read and nothing else."""
    return f"mmb_{MACHINE_ID}_{machine_secret(documents)}"


def machine_secret(documents: Documents) -> str:
    """Its secret part."""
    return hashlib.sha256(b"machine" + read_or_make_key(documents, "secrets/machine.key")).hexdigest()
