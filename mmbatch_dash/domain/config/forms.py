"""Whether a text has the form of a host, URL, path, zone or id. Looks at the text only, never at the world."""

import re
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from mmbatch_dash.domain.time_zones import known_zones

REGION = r"[a-z]{2}(-[a-z]+)+-\d{1,2}"


def is_hostname(text: str) -> bool:
    """A DNS name or IPv4 address."""
    label = r"[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?"
    return len(text) <= 253 and bool(re.fullmatch(rf"{label}(\.{label})*", text, re.ASCII))


def is_url(text: str) -> bool:
    """An http or https URL without user, query or fragment."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    named = bool(re.fullmatch(r"[0-9a-f:.]+", host)) if ":" in host else is_hostname(host)
    bare = not (parts.query or parts.fragment or parts.username or parts.password) and port != 0
    return parts.scheme in ("http", "https") and named and bare and not re.search(r"\s|[?#]$", text)


def is_login_domain(text: str) -> bool:
    """A DNS name of several labels, alone or as https URL without a path; http only on this machine, for trials."""
    if "://" not in text:
        return "." in text and is_hostname(text) and not text.replace(".", "").isdigit()
    if not is_url(text) or urlsplit(text).path not in ("", "/"):
        return False
    host = urlsplit(text).hostname or ""
    if urlsplit(text).scheme == "http":
        return host in ("127.0.0.1", "localhost", "::1")
    return "." in host or host == "localhost"


def is_address(text: str) -> bool:
    """A URL of scheme, host and port, nothing after it."""
    return is_url(text) and urlsplit(text).port is not None and urlsplit(text).path == ""


def is_database(text: str) -> bool:
    """The address of a PostgreSQL database, which is named in it."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1 and not re.search(r"\s", text)


def is_uuid(text: str) -> bool:
    """A UUID in its usual form with hyphens."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def is_zone(name: str) -> bool:
    """An IANA zone that is known here, and to everything here that reads zones."""
    return name in known_zones()


def is_plain(text: str) -> bool:
    """Printable, and more than spaces."""
    return bool(text.strip()) and text.isprintable()


def is_absolute(text: str) -> bool:
    """An absolute path that does not climb."""
    return text.startswith("/") and text.isprintable() and ".." not in text.split("/")


def matches(pattern: str, *, or_empty: bool = False) -> Callable[[str], bool]:
    """A check that the whole text matches."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: (or_empty and not text) or bool(compiled.fullmatch(text))


def or_empty(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """The check, passed by the empty text too."""
    return lambda text: not text or check(text)
