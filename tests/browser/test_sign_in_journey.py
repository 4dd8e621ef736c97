"""Signing in as a reader in a real browser: led to the door, in again where one wanted to go, and no further."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveServer

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def closed_server(start_server: Callable[..., LiveServer], project: Path) -> LiveServer:
    server = start_server()
    for name, role in (("alice", "admin"), ("rita", "reader")):
        command = [sys.executable, "-m", "mmbatch_dash", "auth", "add-user", name, "--role", role, "--password-stdin"]
        subprocess.run(
            [*command, "--data-dir", str(server.data_dir)], input=PASSWORD, text=True, check=True, cwd=project
        )
    return server


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_reader_signs_in_and_lands_where_they_wanted_to_go(
    closed_server: LiveServer, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{closed_server.url}/jobs?queue=align")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(page, "rita")
    expect(page).to_have_url(f"{closed_server.url}/jobs?queue=align")
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_visible()
    assert page.request.get(f"{closed_server.url}/admin/tokens").status == 403
    assert page.request.get(f"{closed_server.url}/api/v1/summary").status == 200


def test_an_admin_who_signs_in_reaches_the_tokens(closed_server: LiveServer, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{closed_server.url}/admin/tokens")
    sign_in(page, "alice")
    expect(page.get_by_role("heading", name="Tokens").first).to_be_visible()
