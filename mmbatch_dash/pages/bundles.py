"""The product's own scripts and styles as one file each: a page waits for two answers instead of twenty."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import flask

MIMETYPES = {"css": "text/css", "js": "text/javascript"}
_TAGS = {
    "css": re.compile(
        r'<link rel="stylesheet" href="(?P<place>[^"?]*/assets/)(?P<name>[\w-]+(?:\.min)?\.css)[^"]*">\n?'
    ),
    "js": re.compile(r'<script src="(?P<place>[^"?]*/assets/)(?P<name>[\w-]+\.js)[^"]*"></script>\n?'),
}
_WRITTEN = {"css": '<link rel="stylesheet" href="{}">\n', "js": '<script src="{}"></script>\n'}


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files of one kind, in the order of their names, as one.

    Attributes:
        kind: css or js.
        names: of the files in it.
        content: what is sent.
        version: changes with the content.
    """

    kind: str
    names: frozenset[str]
    content: bytes
    version: str

    @property
    def name(self) -> str:
        """As it is asked for, beside the files themselves."""
        return f"pages.{self.kind}"

    def stand_in(self, tags: str) -> str:
        """The tags with one for the bundle, where the first of its files was, in the place of theirs."""
        found = [tag for tag in _TAGS[self.kind].finditer(tags) if tag["name"] in self.names]
        if not found:
            return tags
        own = _WRITTEN[self.kind].format(f"{found[0]['place']}{self.name}?m={self.version}")
        for tag in found:
            tags = tags.replace(tag[0], own if tag is found[0] else "", 1)
        return tags


def read_bundle(folder: Path, kind: str, ignored: str) -> Bundle:
    """The bundle of all files of a kind in a folder.

    Args:
        folder: where they are.
        kind: css or js.
        ignored: pattern of the names that are asked for apart.
    """
    files = sorted(file for file in folder.glob(f"*.{kind}") if not re.search(ignored, file.name))
    parts = [file.read_bytes() for file in files]
    # A statement of one file does not run on into the next.
    content = (b"\n;\n" if kind == "js" else b"\n").join(parts)
    return Bundle(kind, frozenset(file.name for file in files), content, hashlib.sha256(content).hexdigest()[:16])


def register_bundles(server: flask.Flask, bundles: tuple[Bundle, ...]) -> None:
    """Answers for the bundles, which are no files, under the rule and the rights of those that are."""
    held = {f"/assets/{bundle.name}": bundle for bundle in bundles}

    @server.before_request
    def send() -> flask.Response | None:
        bundle = held.get(flask.request.path)
        if bundle is None or flask.request.method not in ("GET", "HEAD"):
            return None
        response = flask.Response(bundle.content, mimetype=MIMETYPES[bundle.kind])
        response.set_etag(bundle.version)
        return response
