"""The API for people: one HTML page without any script, and the page of the documentation, from the declarations."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import get_args

from pydantic import BaseModel

from mmbatch_dash import __version__
from mmbatch_dash.api.declared import answers_of, as_template
from mmbatch_dash.api.queries import SelectionQuery, parameters_of
from mmbatch_dash.domain.endpoints import JSON, Content, Endpoint
from mmbatch_dash.domain.filters import Parameter

Endpoints = Mapping[tuple[str, str], Endpoint]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "code{font-size:.95em}table{border-collapse:collapse;margin:.5rem 0 1rem}"
    "td,th{text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0}"
    "h3{margin:1.5rem 0 .25rem;font-size:1rem}"
)


def grouped(endpoints: Endpoints) -> Iterator[tuple[str, list[tuple[str, str, Endpoint]]]]:
    """(heading, its (method, path, declaration)), headings and members in order of the alphabet and the path."""
    flat = [(method, as_template(rule), one) for (method, rule), one in endpoints.items()]
    flat.sort(key=lambda item: (item[2].group, item[1], item[0]))
    for group, members in groupby(flat, key=lambda item: item[2].group):
        yield group, list(members)


def build_page(endpoints: Endpoints) -> str:
    """One HTML page: no script, nothing from elsewhere."""
    sections = "".join(
        f"<section><h2>{escape(group)}</h2>{''.join(_article(*member) for member in members)}</section>"
        for group, members in grouped(endpoints)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>API – mmbatch_dash</title>'
        '<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">'
        f"<style>{_STYLE}</style></head><body><main><h1>API of mmbatch_dash</h1>"
        f"<p>Version {escape(__version__)}. Also as <a href='openapi.json'>OpenAPI document</a>. "
        "Unknown values are null, never 0. Every error has one shape: "
        "<code>{statusCode, errorCode, message, details}</code>.</p>"
        f"{sections}</main></body></html>"
    )


def _article(method: str, path: str, one: Endpoint) -> str:
    parameters = {**one.paths, **{name: said.about for name, said in parameters_of(one.query).items()}}
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(about)}</td></tr>" for name, about in parameters.items()
    )
    table = f"<table><tr><th>Parameter</th><th>Meaning</th></tr>{rows}</table>" if rows else ""
    bodies = ", ".join(f"<code>{escape(body.media)}</code>" for body in one.bodies)
    body = f"<p>Body: {bodies}.</p>" if bodies else ""
    answers = ", ".join(str(status) for status in answers_of(one))
    return (
        f"<article><h3><code>{method} {escape(path)}</code></h3>"
        f"<p>{escape(one.about)} For: {escape(one.who)}. Answers: {answers}.</p>{body}{table}</article>"
    )


_INTRODUCTION = """# HTTP API

This page is made from the declarations beside the functions that answer; a test keeps the two alike. A running server
shows the same at `/api/docs`, and with the schema of every answer at `/api/openapi.json`.

- Where a login is configured, send a token as `Authorization: Bearer TOKEN` or `X-Api-Key: TOKEN`; `For` says which
  right it needs at least (`token create NAME --right …`). `admin` may do everything, `read` may do what `node` and
  `metrics` may.
- Unknown values are `null`, never 0. Times are ISO 8601 with offset; units stand in the names.
- Every error has one shape: `{"statusCode", "errorCode", "message", "details"}`. Any endpoint may answer 400, 401, 403,
  429 and 503 besides what stands here.
- Parameters that an endpoint does not know, and values outside a closed list, are refused with the nearest known one.
  Endpoints under *MMBatch* and *Configuration* keep to the published API and ignore parameters they do not know.
- A queue, user, type or tag that nobody has seen chooses no jobs; `(none)` chooses those that lack it.
- Lists are paged: pass `next` of one answer as `after` of the next request.
"""


def build_text(endpoints: Endpoints) -> str:
    """The page of the documentation, in Markdown."""
    shared = parameters_of(SelectionQuery)
    lines = [_INTRODUCTION, "## Parameters of a selection", ""]
    lines += [*_rows(shared), ""]
    for group, members in grouped(endpoints):
        lines += [f"## {group}", ""]
        for method, path, one in members:
            lines += [*_entry(method, path, one, shared), ""]
    return "\n".join(lines).rstrip() + "\n"


def _entry(method: str, path: str, one: Endpoint, shared: Mapping[str, Parameter]) -> Iterator[str]:
    asked = parameters_of(one.query)
    selects = shared.keys() <= asked.keys()
    own = {name: said for name, said in asked.items() if not (selects and name in shared)}
    yield f"### `{method} {path}`"
    yield ""
    said = [one.about, f"For: {one.who}."]
    if one.bodies:
        said.append(f"Body: {', '.join(_name(body) for body in one.bodies)}.")
    answers = "; ".join(f"{status} {_name(content)}".strip() for status, content in one.answers.items())
    errors = f"; errors {', '.join(map(str, one.errors))}" if one.errors else ""
    said.append(f"Answers: {answers}{errors}.")
    if selects:
        said.append("Takes the parameters of a selection.")
    yield " ".join(said)
    if one.paths or own:
        yield ""
        yield from _rows({**{name: Parameter(about=about) for name, about in one.paths.items()}, **own})


def _rows(parameters: Mapping[str, Parameter]) -> Iterator[str]:
    yield "| parameter | meaning |"
    yield "|---|---|"
    for name, said in parameters.items():
        about = f"{said.about} May repeat." if said.many else said.about
        # A column in descending order is not another word.
        words = [word for word in said.vocabulary if word.removeprefix("-") == word]
        listed = f" One of {', '.join(f'`{word}`' for word in words)}." if words else ""
        yield f"| `{name}` | {about}{listed} |".replace("\n", " ")


def _name(content: Content) -> str:
    if content.model is None:
        return f"`{content.media}`" if content.media else ""
    models = [one.__name__ for one in get_args(content.model) or (content.model,) if _is_named(one)]
    return " or ".join(f"`{name}`" for name in models) if models and content.media == JSON else f"`{content.media}`"


def _is_named(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)
