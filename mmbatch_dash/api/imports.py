"""POST /api/v1/import: files of other systems over HTTP, as the importers of the command line take them.

A body is first written to a file of its own, so that its size does not matter and a connection that breaks imports
nothing; then it is read like any other file.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from flask import Blueprint, Request, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wsgi import get_input_stream

from mmbatch_dash.adapters.guessing import Format
from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.operation import ImportReceipt
from mmbatch_dash.api.queries import ImportQuery
from mmbatch_dash.domain.endpoints import INTAKE, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput, StoreUnavailable
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.selection import parse_zone
from mmbatch_dash.services import Services
from mmbatch_dash.services.imported import HowToRead, ImportedFile, add_up, take_file, unread_file

PIECE = 1 << 20
MULTIPART, BYTES = "multipart/form-data", "application/octet-stream"
UNNAMED = "upload"
LONGEST_NAME = 120


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for tokens that may ingest, and admins."""
    blueprint = Blueprint("imports", __name__)
    incoming = services.settings.data_dir / "incoming"
    # What a server that was killed had not read.
    shutil.rmtree(incoming, ignore_errors=True)

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/import",
        Endpoint(
            who=Audience.INGEST,
            about="Import files as `import` does: one as the body itself, or several as multipart/form-data; gzip or "
            "not. The same file twice adds nothing; bad lines are kept aside with file, line and reason.",
            group=INTAKE,
            query=ImportQuery,
            bodies=(Content(media=BYTES), Content(media=MULTIPART)),
            answers={200: Content(ImportReceipt)},
            errors=(413, 422),
        ),
    )
    def post_import(query: ImportQuery) -> Response:
        how = HowToRead(_format(query.format), parse_zone(query.timezone))
        with _folder_in(incoming) as folder:
            paths = _receive(request, folder, query.name)
            if not paths:
                raise InvalidInput("holds no file; send one as the body, or several as multipart/form-data")
            files = [_import(services, path, how, alone=len(paths) == 1) for path in paths]
        return json_answer(add_up(files))

    return blueprint


def _format(text: str) -> str | None:
    return Format(text).value if text else None


def _import(services: Services, path: Path, how: HowToRead, *, alone: bool) -> ImportedFile:
    try:
        return take_file(services.intake.of(g.teller), path, how)
    except InvalidInput as error:
        if alone:
            raise
        # One unknown file among several does not stop the others.
        return unread_file(path.name, error)


def _receive(asked: Request, folder: Path, name: str) -> list[Path]:
    """The files of the body, written into the folder."""
    try:
        if asked.mimetype != MULTIPART:
            path = folder / _safe(name)
            with path.open("wb") as file:
                shutil.copyfileobj(asked.stream, file, PIECE)
            return [path] if path.stat().st_size else []
        return _receive_parts(asked, folder)
    except RequestEntityTooLarge:
        raise
    except OSError as error:
        raise StoreUnavailable(f"The file cannot be received: {error.strerror or error}.") from None


def _receive_parts(asked: Request, folder: Path) -> list[Path]:
    paths: list[Path] = []
    with ExitStack() as opened:

        def open_part(
            total_content_length: int | None,
            content_type: str | None,
            filename: str | None,
            content_length: int | None = None,
        ) -> IO[bytes]:
            del total_content_length, content_type, content_length
            # A folder for each: two may have the same name.
            place = folder / str(len(paths))
            place.mkdir()
            paths.append(place / _safe(filename or ""))
            return opened.enter_context(paths[-1].open("wb+"))

        FormDataParser(stream_factory=open_part, max_content_length=asked.max_content_length).parse(
            get_input_stream(asked.environ, max_content_length=asked.max_content_length),
            asked.mimetype,
            asked.content_length,
            asked.mimetype_params,
        )
    return [path for path in paths if path.stat().st_size]


def _safe(name: str) -> str:
    """The last part of a name, without what a file's name cannot hold."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:]
    return plain if plain.strip(". ") else UNNAMED


@contextmanager
def _folder_in(incoming: Path) -> Iterator[Path]:
    """A folder of its own, gone afterwards."""
    try:
        incoming.mkdir(exist_ok=True)
        folder = Path(mkdtemp(dir=incoming))
    except OSError as error:
        raise StoreUnavailable(f"No file can be received: {error.strerror or error}.") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
