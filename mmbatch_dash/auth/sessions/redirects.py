"""Where a browser may be sent back to: paths of this server and nothing else."""

from urllib.parse import urlsplit

LONGEST = 2000
_NOT_BACK_TO = ("/login", "/logout", "/setup", "/_dash", "/api/")


def safe_return(target: str | None) -> str:
    """The target if it is a path of a page on this server, else the start page."""
    if not target or len(target) > LONGEST or not target.isprintable() or "\\" in target:
        return "/"
    # Browsers read //host and /\host as another host; a second slash anywhere at the start is enough to refuse.
    if not target.startswith("/") or target.startswith("//"):
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path.startswith(_NOT_BACK_TO):
        return "/"
    return target
