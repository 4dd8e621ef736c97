"""Where the shared PostgreSQL database is: an address, or a file that holds it, so that no password stands about."""

from pathlib import Path
from urllib.parse import urlsplit

from mmbatch_dash.domain.config.cluster import DATABASE
from mmbatch_dash.domain.config.forms import is_database
from mmbatch_dash.domain.errors import InvalidInput

KEY = "cluster.postgres"


def read_address(given: str) -> str:
    """The address that `cluster.postgres` gives, read from its file where it names one.

    Raises:
        InvalidInput: it is neither, or the file cannot be read; the message never shows the address.
    """
    text = given.strip()
    if text.startswith("/"):
        try:
            text = Path(text).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InvalidInput(f"the file {given} cannot be read: {reason}", field=KEY) from None
    if not is_database(text):
        raise InvalidInput(f"must be {DATABASE}", field=KEY)
    return text


def name_database(address: str) -> str:
    """Host, port and database of an address, for messages: no user, no password."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2] or "its socket"
    return f"{host}{parts.path}"
