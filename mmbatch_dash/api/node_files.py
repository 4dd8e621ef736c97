"""Log files of nodes and jobs: handed in by the reporter, listed, looked at and downloaded; and the server's own."""

from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.globals import app_ctx

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.errors import error_response
from mmbatch_dash.api.models.nodes import LogFile
from mmbatch_dash.api.queries import LogQuery
from mmbatch_dash.domain.endpoints import MMBATCH, PLAIN, Content, Endpoint
from mmbatch_dash.domain.errors import NotFound
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.log_view import view_lines
from mmbatch_dash.services.logs import FILE_NAME
from mmbatch_dash.store.node_files import NodeFile

ANY = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
AUDIT = "audit.jsonl"
_GROUP = "Nodes"
_OF_NODE = {"node_id": "The node's id.", "path": "Of the file, as it was handed in; a job's are jobs/ID/NAME."}


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint."""
    blueprint = Blueprint("node_files", __name__)
    files = services.node_files

    @endpoint(
        blueprint,
        "PUT",
        "/api/v1/nodes/<node_id>/files/<path:path>",
        Endpoint(
            who=Audience.INGEST,
            about="Hand in a log file of a node, or of a job that ran on it (path jobs/ID/NAME). The former one goes.",
            group=_GROUP,
            bodies=(Content(media=ANY),),
            answers={200: Content(LogFile)},
            errors=(413, 422),
            paths=_OF_NODE,
        ),
    )
    def put_file(node_id: str, path: str) -> Response:
        most = files.limits.file_bytes
        length = request.content_length or 0
        if why := app_ctx.g.teller.claim(node_id):
            return error_response(403, None, f"Node {node_id!r} {why}.")
        content = b"" if length > most else request.stream.read(most + 1)
        if max(length, len(content)) > most:
            message = f"The file is longer than {most:,} bytes (node.maxPerLogSizeMB); send its last part."
            return error_response(413, None, message)
        files.put(node_id, path, content)
        return json_answer(next(_row(file) for file in files.of_node(node_id) if file.path == path.strip("/")))

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/nodes/<node_id>/files",
        Endpoint(
            who=Audience.READER,
            about="Paths of a node's log files, each to GET.",
            group=MMBATCH,
            answers={200: Content(list[str])},
            lenient=True,
            paths={"node_id": _OF_NODE["node_id"]},
        ),
    )
    def get_files(node_id: str) -> Response:
        return json_answer([f"/nodes/{node_id}/{file.path}" for file in files.of_node(node_id)])

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/jobs/<path:job_id>/files",
        Endpoint(
            who=Audience.READER,
            about="Log files of a job, of whichever nodes handed them in.",
            group="Jobs",
            answers={200: Content(list[LogFile])},
            paths={"job_id": "AWS Batch job id."},
        ),
    )
    def get_job_files(job_id: str) -> Response:
        return json_answer([_row(file) for file in files.of_job(job_id)])

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/nodes/<node_id>/files/<path:path>",
        Endpoint(
            who=Audience.READER,
            about="The last lines of a log file, or the last that hold a word.",
            group=_GROUP,
            query=LogQuery,
            answers={200: Content(media=PLAIN)},
            errors=(404, 422),
            paths=_OF_NODE,
        ),
    )
    def view_file(query: LogQuery, node_id: str, path: str) -> Response:
        text = view_lines(files.read(node_id, path), tail=query.tail, search=query.search)
        return Response(text, content_type=TEXT)

    @endpoint(
        blueprint,
        "GET",
        "/nodes/<node_id>/<path:path>",
        Endpoint(
            who=Audience.READER,
            about="A whole log file of a node, to keep.",
            group=MMBATCH,
            answers={200: Content(media=PLAIN)},
            errors=(404, 422),
            exported=True,
            lenient=True,
            paths=_OF_NODE,
        ),
    )
    def download_file(node_id: str, path: str) -> Response:
        return _download(files.read(node_id, path), path.strip("/").rsplit("/", 1)[-1])

    for rule, name, place, about in (
        ("/mmab.log", "download_log", services.settings.logs_dir / FILE_NAME, "The server's own log."),
        ("/mmab-access.log", "download_audit", services.settings.data_dir / AUDIT, "Who did what here: the audit log."),
    ):
        _add_own_log(blueprint, rule, name, place, about)
    return blueprint


def _add_own_log(blueprint: Blueprint, rule: str, name: str, place: Path, about: str) -> None:
    def download() -> Response:
        try:
            content = place.read_bytes()
        except OSError:
            raise NotFound(f"There is no {place.name} yet.") from None
        return _download(content, rule.strip("/"))

    download.__name__ = name  # what Flask knows the function by
    declaration = Endpoint(
        who=Audience.ADMIN,
        about=f"{about} One JSON object a line; the file in use, not those before it.",
        group=MMBATCH,
        answers={200: Content(media=PLAIN)},
        errors=(404,),
        exported=True,
        lenient=True,
    )
    endpoint(blueprint, "GET", rule, declaration)(download)


def _row(file: NodeFile) -> dict[str, object]:
    here = f"{quote(file.node_id, safe='')}/{quote(file.path)}"
    return {**file._asdict(), "href": f"/nodes/{here}"}


def _download(content: bytes, name: str) -> Response:
    response = Response(content, content_type=TEXT)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return response
