"""Tags of answers, that spare a repeat its body."""

from hashlib import blake2b
from uuid import uuid4

from flask import Response, request

# Versions of the tables count from 0 in each process; a tag must not outlive it.
_PROCESS = uuid4().hex


def version_tag(version: int) -> str:
    """The entity tag of this request's answer as long as the tables stay as they are."""
    asked = f"{_PROCESS}\0{version}\0{request.full_path}"
    return blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def unchanged(tag: str) -> Response | None:
    """304 where the reader already has what the tag stands for; else None."""
    if not request.if_none_match.contains_weak(tag):
        return None
    return tagged(Response(status=304), tag)


def tagged(response: Response, tag: str) -> Response:
    """The answer with its tag; caches must ask again before they use it."""
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
