"""Without a login the server answers its own machine; it waits for its set-up, or says aloud that it is open."""

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from mmbatch_dash.auth.access.access_mode import AccessMode, check_listening, is_loopback
from mmbatch_dash.commands.serve import run_server
from mmbatch_dash.domain.errors import InvalidInput, MmbatchDashError, StoreUnavailable
from mmbatch_dash.domain.identity import Role
from mmbatch_dash.front.front import Allowance
from mmbatch_dash.settings import Settings, build_settings
from tests.auth.house import PASSWORD, House, csrf_of, open_house, sign_in

FOREIGN_PEER = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def waiting(tmp_path: Path) -> House:
    """A server in a container, at its first start."""
    return open_house(tmp_path / "data", setup_link=True)


def test_without_login_this_machine_may_do_everything(open_door: House) -> None:
    client = open_door.client()
    assert client.get("/").status_code == 200
    assert client.get("/admin/tokens").status_code == 200
    assert client.post("/api/v1/rejects/dismiss", json={"ids": ["x"]}).status_code != 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"])
def test_without_login_names_of_this_machine_are_answered(open_door: House, host: str) -> None:
    assert open_door.client().get("/api/v1/summary", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1:8080", "[::2]", "a:b:c"]
)
def test_without_login_a_foreign_host_header_is_refused(open_door: House, host: str) -> None:
    answer = open_door.client().get("/api/v1/summary", headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert set(answer.get_json()) == {"statusCode", "errorCode", "message", "details"}


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Anything", "Forwarded"]
)
def test_without_login_a_forwarded_request_is_refused(open_door: House, name: str) -> None:
    answer = open_door.client().get("/", headers={name: "127.0.0.1"})
    assert answer.status_code == 403
    assert "no proxy" in answer.get_data(as_text=True)


def test_without_login_another_machine_is_refused(open_door: House) -> None:
    answer = open_door.client().get("/api/v1/summary", environ_base=FOREIGN_PEER)
    assert answer.status_code == 403


def test_without_login_another_sites_page_cannot_send_anything(open_door: House) -> None:
    client = open_door.client()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = client.post("/api/v1/rejects/dismiss", json={"ids": ["x"]}, headers=headers)
        assert answer.status_code == 403, headers
    own = client.post("/api/v1/rejects/dismiss", json={"ids": ["x"]}, headers={"Origin": "http://localhost"})
    assert own.status_code != 403


def test_the_first_user_closes_the_door_of_a_running_server(open_door: House) -> None:
    client = open_door.client()
    assert client.get("/api/v1/summary").status_code == 200
    open_door.add_user("alice")
    assert client.get("/api/v1/summary").status_code == 401


def test_a_damaged_user_file_lets_nobody_in(open_door: House) -> None:
    open_door.add_user("alice")
    (open_door.folder / "secrets" / "users.json").write_text("{}x")
    answer = open_door.client().get("/api/v1/summary")
    assert answer.status_code == 503
    assert "Nobody is let in" in answer.get_json()["message"]


def test_while_nobody_can_be_let_in_a_server_is_alive_and_not_ready(open_door: House) -> None:
    open_door.add_user("alice")
    (open_door.folder / "secrets" / "users.json").write_text("{}x")
    client = open_door.client()
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
    allowances = open_door.auth.allowances
    assert allowances(environ_of("/healthz")) == Allowance("", 0)
    with pytest.raises(StoreUnavailable):
        allowances(environ_of("/readyz"))


def environ_of(path: str) -> dict[str, Any]:
    """The head of a request, as the front sees it."""
    return EnvironBuilder(path=path).get_environ()


def test_a_server_without_login_refuses_to_listen_elsewhere_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MmbatchDashError) as refused:
        run_server(Settings(data_dir=tmp_path, host="0.0.0.0", port=0))
    for way in ("auth add-user", "127.0.0.1", "MMBATCH_DASH_SETUP_LINK=1", "--insecure-open"):
        assert way in str(refused.value)


@pytest.mark.parametrize("mode", [AccessMode.LOGIN, AccessMode.SETUP, AccessMode.INSECURE])
def test_with_login_set_up_or_the_insecure_option_it_listens_anywhere(mode: AccessMode) -> None:
    check_listening("0.0.0.0", mode)


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost.", True),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_addresses_of_this_machine_are_known(host: str, is_own: bool) -> None:
    assert is_loopback(host) is is_own


def test_the_insecure_option_opens_to_everybody_under_a_banner(tmp_path: Path) -> None:
    house = open_house(tmp_path / "data", insecure_open=True)
    client = house.client()
    answer = client.get("/api/v1/summary", environ_base=FOREIGN_PEER, headers={"Host": "dash.example"})
    assert answer.status_code == 200
    assert "Open to everybody" in client.get("/account").get_data(as_text=True)
    house.add_user("alice")
    assert client.get("/api/v1/summary").status_code == 401, "a login ends it"


def test_a_server_that_waits_for_its_set_up_is_closed(waiting: House) -> None:
    client = waiting.client()
    assert client.get("/api/v1/summary").status_code == 401
    page = client.get("/")
    assert page.status_code == 401
    assert "set-up link is in its log" in page.get_data(as_text=True)
    assert client.get("/setup").status_code == 403
    assert client.get("/healthz").status_code == 200
    assert client.get("/healthz", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 403


def test_the_set_up_link_makes_the_first_admin_once(waiting: House) -> None:
    path = waiting.auth.setup.new_path()
    assert path is not None
    client = waiting.client()
    form = {"csrf_token": csrf_of(client, path), "code": path.partition("code=")[2], "name": "alice"}
    differing = client.post("/setup", data={**form, "password": PASSWORD, "again": "other"})
    assert (differing.status_code, waiting.auth.users.exist()) == (422, False)
    short = client.post("/setup", data={**form, "password": "short", "again": "short"})
    assert (short.status_code, waiting.auth.users.exist()) == (422, False)
    wrong = client.post("/setup", data={**form, "code": "x" * 32, "password": PASSWORD, "again": PASSWORD})
    assert (wrong.status_code, waiting.auth.users.exist()) == (403, False)
    made = client.post("/setup", data={**form, "password": PASSWORD, "again": PASSWORD})
    assert (made.status_code, made.headers["Location"]) == (303, "/")
    assert client.get("/admin/tokens").status_code == 200
    assert waiting.client().get(path).status_code == 403
    assert waiting.auth.setup.new_path() is None
    assert sign_in(waiting.client(), "alice").status_code == 303


def test_two_set_ups_at_once_make_one_admin(waiting: House) -> None:
    waiting.auth.users.save("alice", Role.ADMIN, "hash", only_first=True)
    with pytest.raises(InvalidInput):
        waiting.auth.users.save("mallory", Role.ADMIN, "hash", only_first=True)
    assert [user.name for user in waiting.auth.users.all()] == ["alice"]


def test_an_empty_code_never_opens_the_set_up(waiting: House) -> None:
    assert not waiting.auth.setup.opens("")
    assert waiting.client().get("/setup?code=").status_code == 403


def test_proxies_are_believed_only_as_many_as_are_configured(tmp_path: Path) -> None:
    house = open_house(tmp_path / "data", trusted_proxies=1)
    house.add_user("alice")
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.4", "X-Forwarded-Proto": "https"}
    sign_in(house.client(), "alice", "wrong password 1")
    client = house.client()
    token = csrf_of(client)
    client.post("/login", data={"csrf_token": token, "name": "alice", "password": "wrong password"}, headers=headers)
    assert [entry.address for entry in house.auth.audit.read()] == ["127.0.0.1", "198.51.100.4"]
    assert "Strict-Transport-Security" in client.get("/login", headers=headers).headers


def test_without_that_setting_forwarded_addresses_are_not_believed(house: House) -> None:
    client = house.client()
    form = {"csrf_token": csrf_of(client), "name": "alice", "password": "wrong password"}
    client.post("/login", data=form, headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
    assert [entry.address for entry in house.auth.audit.read()] == ["127.0.0.1"]


def test_the_settings_come_from_the_environment(tmp_path: Path) -> None:
    environ = {"MMBATCH_DASH_SETUP_LINK": "1", "MMBATCH_DASH_TRUSTED_PROXIES": "2"}
    settings = build_settings(tmp_path, environ=environ)
    assert (settings.setup_link, settings.trusted_proxies) == (True, 2)
    with pytest.raises(InvalidInput, match="MMBATCH_DASH_TRUSTED_PROXIES"):
        build_settings(tmp_path, environ={"MMBATCH_DASH_TRUSTED_PROXIES": "all"})
