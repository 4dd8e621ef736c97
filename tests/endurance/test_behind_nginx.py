"""Behind a real nginx, below a path: the snippet that is shipped, with sign-in, pages, callbacks and downloads."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from mmbatch_dash.auth.sessions.passwords import hash_password
from mmbatch_dash.domain.identity import Right, Role
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.documents.files import FileDocuments
from tests.endurance.server import PROJECT, Server, free_port, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here (Debian: apt-get install nginx-light)"),
]
PASSWORD = "correct horse battery"
FRAME = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[int]:
    """An nginx with the shipped snippet in front of a server; its port."""
    port = free_port()
    location = (PROJECT / "deploy" / "nginx.conf").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, port=port, location=location))
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        deadline = time.monotonic() + 20
        while ask(port, "GET", "/mmbatch/healthz")[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers; 0 where nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    except OSError:
        return 0, b"", {}
    finally:
        connection.close()


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[tuple[int, Server, str]]:
    """Nginx's port, the server behind it, and a token that may send and read."""
    documents = FileDocuments(tmp_path / "data")
    Users(documents).save("alice", Role.ADMIN, hash_password(PASSWORD))
    token, _ = Tokens(documents).create("agent", [Right.INGEST, Right.READ], None)
    with running(tmp_path / "data", MMBATCH_DASH_TRUSTED_PROXIES="1") as server, nginx(tmp_path, server.port) as port:
        yield port, server, token


def sign_in(port: int) -> str:
    """The cookie of alice."""
    status, _, headers = ask(port, "GET", "/mmbatch/")
    assert (status, headers["location"]) == (303, "/mmbatch/login?next=%2F")
    status, page, headers = ask(port, "GET", "/mmbatch/login")
    cookie = headers["set-cookie"].split(";")[0]
    assert b'action="/mmbatch/login"' in page
    token = re.search(rb'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = urlencode({"csrf_token": token[1].decode(), "name": "alice", "password": PASSWORD, "next": "/jobs"})
    media = "application/x-www-form-urlencoded"
    status, _, headers = ask(port, "POST", "/mmbatch/login", form, Cookie=cookie, Content_Type=media)
    assert (status, headers["location"]) == (303, "/mmbatch/jobs")
    return headers["set-cookie"].split(";")[0]


def test_people_sign_in_and_find_everything_below_the_prefix(behind: tuple[int, Server, str]) -> None:
    port, _, _ = behind
    cookie = sign_in(port)
    for path in ("/mmbatch/", "/mmbatch/jobs", "/mmbatch/configuration", "/mmbatch/account", "/mmbatch/admin/tokens"):
        status, page, _ = ask(port, "GET", path, Cookie=cookie)
        assert status == 200, path
        elsewhere = re.findall(rb'(?:href|src|action)="(/(?!mmbatch/|mmbatch"|/)[^"]*)"', page)
        assert elsewhere == [], path
    _, page, _ = ask(port, "GET", "/mmbatch/", Cookie=cookie)
    config = re.search(rb'id="_dash-config" type="application/json">([^<]+)<', page)
    assert config
    assert json.loads(config[1])["requests_pathname_prefix"] == "/mmbatch/"
    for asset in set(re.findall(rb'(?:href|src)="(/mmbatch/(?:assets|_dash)[^"]+)"', page)):
        assert ask(port, "GET", asset.decode().replace("&amp;", "&"), Cookie=cookie)[0] == 200, asset


def test_the_log_knows_the_callers_own_address_and_tokens_send_and_read(
    behind: tuple[int, Server, str], tmp_path: Path
) -> None:
    port, _, token = behind
    status, _, _ = ask(port, "POST", "/mmbatch/api/v1/events", b"[]", X_Api_Key=token, Content_Type="application/json")
    assert status == 200
    assert ask(port, "GET", "/mmbatch/api/v1/summary", X_Api_Key=token)[0] == 200
    assert ask(port, "GET", "/mmbatch/api/v1/jobs.csv", X_Api_Key=token)[0] == 200
    ask(port, "GET", "/mmbatch/api/v1/summary", X_Api_Key="mmb_x_y", X_Forwarded_For="192.0.2.7", X_Real_IP="192.0.2.7")
    said = (tmp_path / "data" / "audit.jsonl").read_text()
    assert '"address": "127.0.0.1"' in said
    assert "192.0.2.7" not in said


@pytest.mark.browser
def test_a_browser_below_the_prefix_goes_from_page_to_page_without_a_complaint(behind: tuple[int, Server, str]) -> None:
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_path is None:
        pytest.skip("no Chromium here")
    port, server, token = behind
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "mmbatch.job.submitted"}
    event |= {"time": datetime.now(UTC).isoformat(), "data": {"job_id": "job-1", "queue": "align"}}  # type: ignore[dict-item]
    assert server.post([event], X_Api_Key=token, X_Forwarded_For="127.0.0.1")[0] == 200
    # In a thread of its own: Playwright lets a thread that other tests drive a browser from drive no second one.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(walk, browser_path, port).result() == []


def walk(browser_path: str, port: int) -> list[str]:
    """What the console and the network complained of on a way through the pages."""
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = chromium.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on(
            "response", lambda answer: said.append(f"{answer.status} {answer.url}") if answer.status > 399 else None
        )
        page.goto(f"http://127.0.0.1:{port}/mmbatch/")
        page.fill("#name", "alice")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/mmbatch/")
        page.click("nav >> text=Jobs")
        page.wait_for_url("**/mmbatch/jobs*")
        page.wait_for_selector("text=job-1", timeout=30_000)
        page.click("nav >> text=Nodes")
        page.wait_for_url("**/mmbatch/nodes*")
        page.wait_for_selector("h1", timeout=30_000)
        chromium.close()
    return said
