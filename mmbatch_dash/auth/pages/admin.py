"""Pages for admins: tokens, the audit log, and the user pool."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from datetime import datetime

import flask
import orjson

from mmbatch_dash.auth.calling import Recorder
from mmbatch_dash.domain.errors import InvalidInput, NotFound
from mmbatch_dash.domain.identity import Right
from mmbatch_dash.domain.spreadsheet import neutralise
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.auth.lifetimes import LIFETIMES, parse_lifetime
from mmbatch_dash.store.auth.tokens import KINDS, Token, Tokens, split_list

SHOWN = 500
COLUMNS = tuple(field.name for field in fields(AuditEntry))


def build_blueprint(
    tokens: Tokens, audit: AuditLog, recorder: Recorder, clock: Callable[[], datetime]
) -> flask.Blueprint:
    """The blueprint; for admins."""
    blueprint = flask.Blueprint("admin", __name__, template_folder="templates")

    def page(*, created: tuple[str, Token] | None = None, problem: str = "", status: int = 200) -> flask.Response:
        now = clock()
        text = flask.render_template(
            "tokens.html",
            tokens=[(token, token.state(now)) for token in tokens.all()],
            rights=[right.value for right in Right],
            lifetimes=LIFETIMES,
            kinds=KINDS,
            created=created,
            problem=problem,
        )
        return flask.make_response(text, status)

    @blueprint.get("/admin/tokens")
    def show_tokens() -> flask.Response:
        return page()

    @blueprint.post("/admin/tokens")
    def create_token() -> flask.Response:
        form = flask.request.form
        try:
            rights = [Right(right) for right in form.getlist("rights") if right in set(Right)]
            lifetime = parse_lifetime(form.get("expires", ""))
            text, token = tokens.create(
                form.get("name", "").strip(),
                rights,
                lifetime,
                types=split_list(form.get("types", "")),
                sources=split_list(form.get("sources", "")),
            )
        except InvalidInput as error:
            return page(problem=f"{error}", status=422)
        recorder.record("token", detail=f"created {token.name} ({', '.join(sorted(token.rights))})")
        flask.g.recorded = True
        return page(created=(text, token))

    @blueprint.post("/admin/tokens/revoke")
    def revoke_token() -> flask.Response:
        try:
            revoked = tokens.revoke(flask.request.form.get("id", ""))
        except NotFound as error:
            return page(problem=str(error), status=404)
        recorder.record("token", detail=f"revoked {', '.join(token.name for token in revoked)}")
        flask.g.recorded = True
        return flask.redirect("/admin/tokens", code=303)  # type: ignore[return-value]

    @blueprint.get("/admin/audit")
    def show_audit() -> str:
        recorder.flush()
        return flask.render_template("audit.html", entries=audit.newest(SHOWN), shown=SHOWN)

    @blueprint.get("/admin/audit.csv")
    def export_csv() -> flask.Response:
        recorder.flush()
        return _download(_csv(audit.read()), "text/csv; charset=utf-8", "audit.csv")

    @blueprint.get("/admin/audit.jsonl")
    def export_lines() -> flask.Response:
        recorder.flush()
        lines = (orjson.dumps(asdict(entry)) + b"\n" for entry in audit.read())
        return _download(lines, "application/x-ndjson", "audit.jsonl")

    return blueprint


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
