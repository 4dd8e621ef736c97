"""The worker's side to take along: the reporter as one file, and the script that installs it; for anyone."""

from flask import Blueprint, Response, request

from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.domain.endpoints import OPERATION, Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services.reporter_archive import NAME, build_archive, write_install_script

ARCHIVE, SCRIPT = "application/zip", "text/x-shellscript"
DIGEST_HEADER = "X-Sha256"


def build_blueprint() -> Blueprint:
    """The blueprint."""
    blueprint = Blueprint("reporter", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/reporter",
        Endpoint(
            who=Audience.ANYONE,
            about=f"The reporter as one file for Python 3.8 or newer; its digest is in {DIGEST_HEADER} and the ETag.",
            group=OPERATION,
            answers={200: Content(media=ARCHIVE), 304: Content(media="")},
            lenient=True,
        ),
    )
    def get_reporter() -> Response:
        archive = build_archive()
        known = request.if_none_match.contains_weak(archive.sha256)
        response = Response(status=304) if known else Response(archive.content, mimetype=ARCHIVE)
        response.set_etag(archive.sha256)
        response.headers[DIGEST_HEADER] = archive.sha256
        if not known:
            response.headers["Content-Disposition"] = f'attachment; filename="{NAME}"'
        return response

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/scripts/install-reporter",
        Endpoint(
            who=Audience.ANYONE,
            about="A POSIX shell script that fetches the reporter from this server, checks and installs it.",
            group=OPERATION,
            answers={200: Content(media=SCRIPT)},
            lenient=True,
        ),
    )
    def get_install_script() -> Response:
        return Response(write_install_script(request.url_root.rstrip("/")), mimetype=SCRIPT)

    return blueprint
