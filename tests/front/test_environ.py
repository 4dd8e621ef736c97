"""The path as it was written, beside the decoded one."""

import pytest

from mmbatch_dash.front.environ import encoded_path
from mmbatch_dash.front.prefix import take_prefix


@pytest.mark.parametrize(
    ("written", "path", "encoded"),
    [
        ("/jobs/a%2Fb?q=%2F", "/jobs/a/b", "/jobs/a%2Fb"),
        ("/jobs/a/b", "/jobs/a/b", "/jobs/a/b"),
        ("/jobs/%252F%3F%23", "/jobs/%2F?#", "/jobs/%252F%3F%23"),
        ("/jobs/%C3%A9", "/jobs/é", "/jobs/%C3%A9"),
        ("/\\host", "/\\host", "/%5Chost"),
        ("http://host/jobs", "/jobs", "/jobs"),
        ("//host/jobs", "/host/jobs", "/host/jobs"),
        ("", "/a b", "/a%20b"),
    ],
)
def test_a_slash_in_a_name_is_told_from_one_between_names(written: str, path: str, encoded: str) -> None:
    assert encoded_path({"REQUEST_URI": written}, path) == encoded


def test_a_prefix_is_taken_off_the_path_as_written_too() -> None:
    environ = {"PATH_INFO": "/x/jobs/a/b", "REQUEST_URI": "/x/jobs/a%2Fb", "SCRIPT_NAME": ""}
    take_prefix(environ, "/x")
    assert encoded_path(environ, environ["PATH_INFO"]) == "/jobs/a%2Fb"
