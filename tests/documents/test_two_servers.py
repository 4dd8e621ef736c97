"""Two real servers on one database: what one of them is told holds on the other."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from typer.testing import CliRunner

from mmbatch_dash.auth.sessions.passwords import hash_password
from mmbatch_dash.cli import app
from mmbatch_dash.domain.identity import Right, Role
from mmbatch_dash.store.auth.audit import AuditLog
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.cluster.documents import PostgresDocuments
from mmbatch_dash.store.cluster.postgres import Postgres
from tests.documents.waiting import in_time
from tests.endurance.server import Server

VARIABLE = "MMBATCH_DASH__CLUSTER__POSTGRES"
PASSWORD = "correct horse battery"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Pair:
    """Two servers, each with a data directory of its own, what they share and where, and an admin's token."""

    servers: tuple[Server, Server]
    shared: PostgresDocuments
    admin: str
    address: str


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, module_database: str) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with ExitStack() as opened:
        shared = opened.enter_context(closing(PostgresDocuments(Postgres(module_database))))
        Users(shared).save("alice", Role.ADMIN, hash_password(PASSWORD))
        admin = Tokens(shared).create("admin", [Right.ADMIN, Right.READ, Right.NODE, Right.INGEST], None)[0]
        servers = []
        for name in ("first", "second"):
            environ = {VARIABLE: module_database}
            servers.append(Server(folder / name / "data", folder / f"{name}.log", **environ))
            opened.callback(servers[-1].kill)
        for server in servers:
            server.wait_until_up()
        yield Pair((servers[0], servers[1]), shared, admin, module_database)


class Browser:
    """Somebody's browser: one jar of cookies, whichever server the balancer chooses."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def ask(self, server: Server, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text of a page."""
        connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        body = None if form is None else urlencode(form)
        try:
            connection.request("GET" if form is None else "POST", path, body, headers)
            answer = connection.getresponse()
            self._keep(answer)
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _keep(self, answer: HTTPResponse) -> None:
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value

    def sign_in(self, on: Server, by: Server, *, name: str = "alice") -> int:
        """Takes the form from one server and hands it in at the other; the status."""
        _, page = self.ask(on, "/login")
        found = CSRF.search(page)
        assert found, page
        return self.ask(by, "/login", {"csrf_token": found[1], "name": name, "password": PASSWORD})[0]


def api(server: Server, method: str, path: str, token: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
    """Status, JSON and ETag of a call with a token."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        content = None if body is None else orjson.dumps(body)
        connection.request(method, path, content, {"X-Api-Key": token, "Content-Type": "application/json", **named})
        answer = connection.getresponse()
        read = answer.read()
        is_json = answer.headers.get_content_subtype() == "json"
        return answer.status, orjson.loads(read) if is_json else read.decode(), answer.headers.get("ETag", "")
    finally:
        connection.close()


def command(pair: Pair, beside: Server, *words: str) -> str:
    """What a command says that is run on the host of a server."""
    done = CliRunner().invoke(app, [*words, "--data-dir", str(beside.data_dir)], env={VARIABLE: pair.address})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_saved_configuration_holds_on_both_and_an_old_etag_is_refused_on_both(pair: Pair) -> None:
    first, second = pair.servers
    etags = [api(server, "GET", "/api/v1/config", pair.admin)[2] for server in pair.servers]
    assert etags[0] == etags[1]
    old = etags[0]
    status, saved, _ = api(first, "PUT", "/api/v1/configKV", pair.admin, {"kvMap": {"node.ttl": "7m"}}, If_Match=old)
    assert (status, saved["node"]["ttl"]) == (200, "7m0s")
    in_time(lambda: api(second, "GET", "/api/v1/config", pair.admin, If_None_Match=old)[0] == 200)
    _, seen, new = api(second, "GET", "/api/v1/config", pair.admin)
    assert seen["node"]["ttl"] == "7m0s"
    for server in pair.servers:
        wish = {"kvMap": {"node.ttl": "9m"}}
        status, told, _ = api(server, "PUT", "/api/v1/configKV", pair.admin, wish, If_Match=old)
        assert status == 412, told
        assert api(server, "GET", "/api/v1/config", pair.admin)[2] == new
    assert api(second, "PUT", "/api/v1/configKV", pair.admin, {"kvMap": {"node.ttl": "9m"}}, If_Match=new)[0] == 200
    in_time(lambda: api(first, "GET", "/api/v1/config", pair.admin)[1]["node"]["ttl"] == "9m0s")


def test_a_login_on_one_holds_on_the_other_and_so_does_signing_out(pair: Pair) -> None:
    first, second = pair.servers
    browser = Browser()
    assert browser.sign_in(on=second, by=first) == 303
    for server in pair.servers:
        status, page = browser.ask(server, "/account")
        assert status == 200
        assert "alice" in page
    found = CSRF.search(page)
    assert found, page
    copy = Browser()
    copy.cookies = dict(browser.cookies)
    assert browser.ask(second, "/logout", {"csrf_token": found[1]})[0] in (302, 303)
    in_time(lambda: copy.ask(first, "/account")[0] != 200)


def test_a_new_user_and_another_password_hold_on_both(pair: Pair) -> None:
    users = Users(pair.shared)
    users.save("bob", Role.READER, hash_password(PASSWORD))
    browsers = [Browser(), Browser()]
    for browser, server in zip(browsers, pair.servers, strict=True):
        in_time(lambda server=server: "bob" in api(server, "GET", "/admin/users", pair.admin)[1])
        assert browser.sign_in(server, server, name="bob") == 303
        assert browser.ask(server, "/account")[0] == 200
    users.save("bob", Role.READER, hash_password("another horse battery"))
    for browser, server in zip(browsers, pair.servers, strict=True):
        in_time(lambda browser=browser, server=server: browser.ask(server, "/account")[0] != 200)


def test_a_new_token_and_a_revoked_one_hold_on_both(pair: Pair) -> None:
    tokens = Tokens(pair.shared)
    text, token = tokens.create("reader", [Right.READ], None)
    for server in pair.servers:
        in_time(lambda server=server: api(server, "GET", "/api/v1/summary", text)[0] == 200)
    tokens.revoke(token.token_id)
    for server in pair.servers:
        in_time(lambda server=server: api(server, "GET", "/api/v1/summary", text)[0] == 401)


def test_what_both_did_is_in_one_audit_log(pair: Pair) -> None:
    for server in pair.servers:
        assert Browser().sign_in(server, server) == 303
    signed_in = [
        entry for entry in AuditLog(pair.shared).read() if (entry.action, entry.who) == ("sign-in", "local:alice")
    ]
    assert len(signed_in) >= 2
    assert not [path for server in pair.servers for path in server.data_dir.glob("audit*")]
    assert not [path for server in pair.servers for path in server.data_dir.glob("secrets/*.json")]


def test_an_event_told_to_one_is_counted_on_both(pair: Pair) -> None:
    first, second = pair.servers
    told = {"specversion": "1.0", "id": "1", "source": "my/node", "time": "2026-03-01T12:00:00Z"}
    event = {**told, "type": "mmbatch.job.submitted", "data": {"job_id": "job-1"}}
    assert api(first, "POST", "/api/v1/events", pair.admin, event)[0] == 200
    assert api(second, "POST", "/api/v1/events", pair.admin, event)[1]["duplicates"] == 1
    for server in pair.servers:
        give_up_at = time.monotonic() + 20
        while api(server, "GET", "/api/v1/jobs/job-1", pair.admin)[0] != 200:
            assert time.monotonic() < give_up_at
            time.sleep(0.05)


def test_a_command_beside_a_server_changes_what_all_of_them_share(pair: Pair) -> None:
    first, second = pair.servers
    assert command(pair, first, "config", "set", "log.maxBackups=7").startswith("Version ")
    in_time(lambda: api(second, "GET", "/api/v1/config", pair.admin)[1]["log"]["maxBackups"] == 7)
    assert "alice  admin" in command(pair, second, "auth", "users")
    text = command(pair, first, "token", "create", "nightly", "--right", "read").strip()
    in_time(lambda: api(second, "GET", "/api/v1/summary", text)[0] == 200)
    assert command(pair, second, "token", "revoke", "nightly").startswith("Revoked")
    in_time(lambda: api(first, "GET", "/api/v1/summary", text)[0] == 401)


def test_a_session_outlives_the_server_it_began_on(pair: Pair) -> None:
    first, second = pair.servers
    browser = Browser()
    assert browser.sign_in(first, first) == 303
    first.kill()
    assert browser.ask(second, "/account")[0] == 200
