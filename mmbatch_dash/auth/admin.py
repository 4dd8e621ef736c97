"""Pages for admins: tokens, the audit log, and the user pool."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, fields

import flask
import orjson

from mmbatch_dash.auth import cognito_admin
from mmbatch_dash.auth.parts import Auth
from mmbatch_dash.domain.errors import InvalidInput, NotFound
from mmbatch_dash.domain.identity import Right
from mmbatch_dash.domain.spreadsheet import neutralise
from mmbatch_dash.store.auth.audit import AuditEntry
from mmbatch_dash.store.auth.lifetimes import LIFETIMES, parse_lifetime
from mmbatch_dash.store.auth.tokens import Token

SHOWN = 500
COLUMNS = tuple(field.name for field in fields(AuditEntry))


def build_blueprint(auth: Auth) -> flask.Blueprint:
    """The blueprint; for admins."""
    blueprint = flask.Blueprint("admin", __name__, template_folder="templates")

    @blueprint.get("/admin/tokens")
    def show_tokens() -> flask.Response:
        return _tokens_page(auth)

    @blueprint.post("/admin/tokens")
    def create_token() -> flask.Response:
        form = flask.request.form
        try:
            rights = [Right(right) for right in form.getlist("rights") if right in set(Right)]
            lifetime = parse_lifetime(form.get("expires", ""))
            text, token = auth.tokens.create(form.get("name", "").strip(), rights, lifetime)
        except InvalidInput as error:
            return _tokens_page(auth, problem=f"{error}", status=422)
        auth.record("token", detail=f"created {token.name} ({', '.join(sorted(token.rights))})")
        flask.g.recorded = True
        return _tokens_page(auth, created=(text, token))

    @blueprint.post("/admin/tokens/revoke")
    def revoke_token() -> flask.Response:
        try:
            revoked = auth.tokens.revoke(flask.request.form.get("id", ""))
        except NotFound as error:
            return _tokens_page(auth, problem=str(error), status=404)
        auth.record("token", detail=f"revoked {', '.join(token.name for token in revoked)}")
        flask.g.recorded = True
        return flask.redirect("/admin/tokens", code=303)  # type: ignore[return-value]

    @blueprint.get("/admin/audit")
    def show_audit() -> str:
        return flask.render_template("audit.html", entries=auth.audit.newest(SHOWN), shown=SHOWN)

    @blueprint.get("/admin/audit.csv")
    def export_csv() -> flask.Response:
        return _download(_csv(auth.audit.read()), "text/csv; charset=utf-8", "audit.csv")

    @blueprint.get("/admin/audit.jsonl")
    def export_lines() -> flask.Response:
        lines = (orjson.dumps(asdict(entry)) + b"\n" for entry in auth.audit.read())
        return _download(lines, "application/x-ndjson", "audit.jsonl")

    cognito_admin.add_routes(blueprint, auth)
    return blueprint


def _tokens_page(
    auth: Auth, *, created: tuple[str, Token] | None = None, problem: str = "", status: int = 200
) -> flask.Response:
    now = auth.clock()
    page = flask.render_template(
        "tokens.html",
        tokens=[(token, token.state(now)) for token in auth.tokens.all()],
        rights=[right.value for right in Right],
        lifetimes=LIFETIMES,
        created=created,
        problem=problem,
    )
    return flask.make_response(page, status)


def _download(body: Iterator[bytes], mimetype: str, name: str) -> flask.Response:
    response = flask.Response(body, content_type=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv(entries: Iterator[AuditEntry]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.writer(line)
    rows: Iterator[list[str]] = ([neutralise(value) for value in asdict(entry).values()] for entry in entries)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(row)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()
