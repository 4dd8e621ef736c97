"""Where the shared PostgreSQL database is: an address, or a file that holds it, so that no password stands about."""

from pathlib import Path
from urllib.parse import urlsplit

from mmbatch_dash.domain.errors import InvalidInput

KEY = "cluster.postgres"
SCHEMES = ("postgresql", "postgres")
VALID = "postgresql://user@host:port/database, or the absolute path of a file that holds that"


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
    if not is_address(text):
        raise InvalidInput(f"must be {VALID}", field=KEY)
    return text


def is_address(text: str) -> bool:
    """Whether a text is an address of a database."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in SCHEMES and len(parts.path) > 1


def name_database(address: str) -> str:
    """Host, port and database of an address, for messages: no user, no password."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2] or "its socket"
    return f"{host}{parts.path}"
