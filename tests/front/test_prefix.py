"""Paths below a prefix: what goes in without it, what comes out with it, and what is left alone."""

from io import BytesIO
from typing import Any

import pytest

from mmbatch_dash.front.prefix import UnderPrefix, prefix_of, take_prefix


def answer_of(media: str, body: str, path: str = "/", location: str = "") -> tuple[str, dict[str, str]]:
    """Body and headers of an application's answer below /x."""

    def application(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = [("Content-Type", media), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers + ([("Location", location)] if location else []))
        return [body.encode()]

    told: list[Any] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "/x", "wsgi.input": BytesIO()}
    under = UnderPrefix(application, lambda: "")  # type: ignore[arg-type]
    body_sent = b"".join(under(environ, lambda status, headers, trouble=None: told.append(headers)))  # type: ignore[arg-type, return-value, func-returns-value]
    headers = dict(told[0])
    assert headers["Content-Length"] == str(len(body_sent))
    return body_sent.decode(), headers


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("", ""),
        ("https://host", ""),
        ("https://host/", ""),
        ("https://host/mmbatch/", "/mmbatch"),
        ("https://host/a/b", "/a/b"),
        ('https://host/a"b', ""),
    ],
)
def test_the_prefix_is_the_path_of_the_public_url(url: str, prefix: str) -> None:
    assert prefix_of(url) == prefix


@pytest.mark.parametrize(
    ("told", "configured", "path", "expected"),
    [
        ("/x", "", "/jobs", ("/x", "/jobs")),
        ("/x/", "", "/jobs", ("/x", "/jobs")),
        ("", "/x", "/x/jobs", ("/x", "/jobs")),
        ("", "/x", "/x", ("/x", "/")),
        ("", "/x", "/xyz", ("/x", "/xyz")),
        ('/"><script>', "", "/jobs", ("", "/jobs")),
        ("", "", "/x/jobs", ("", "/x/jobs")),
    ],
)
def test_a_prefix_is_taken_off_where_the_proxy_left_it(
    told: str, configured: str, path: str, expected: tuple[str, str]
) -> None:
    environ = {"SCRIPT_NAME": told, "PATH_INFO": path}
    take_prefix(environ, configured)
    take_prefix(environ, configured)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == expected


@pytest.mark.parametrize(
    ("media", "path", "body", "sent"),
    [
        ("text/html", "/", '<a href="/jobs">', '<a href="/x/jobs">'),
        ("text/html; charset=utf-8", "/", '<form action="/login">', '<form action="/x/login">'),
        ("text/html", "/", '<a href="//host">, href=&quot;/jobs&quot;', '<a href="//host">, href=&quot;/jobs&quot;'),
        ("text/html", "/", '<input value="/mnt/mmab">', '<input value="/mnt/mmab">'),
        ("application/json", "/_dash-layout", '{"href": "/jobs"}', '{"href": "/x/jobs"}'),
        (
            "application/json",
            "/_dash-layout",
            '{"text": "\\"href\\": \\"/jobs\\""}',
            '{"text": "\\"href\\": \\"/jobs\\""}',
        ),
        ("application/json", "/api/v1/jobs", '{"href": "/jobs"}', '{"href": "/jobs"}'),
        ("text/csv", "/api/v1/jobs.csv", ' href="/jobs"', ' href="/jobs"'),
    ],
)
def test_paths_in_pages_and_in_what_pages_read_get_the_prefix_and_nothing_else(
    media: str, path: str, body: str, sent: str
) -> None:
    assert answer_of(media, body, path)[0] == sent


@pytest.mark.parametrize(
    ("location", "sent"), [("/login", "/x/login"), ("https://pool/", "https://pool/"), ("//h", "//h")]
)
def test_redirects_get_the_prefix(location: str, sent: str) -> None:
    assert answer_of("text/plain", "", location=location)[1]["Location"] == sent
