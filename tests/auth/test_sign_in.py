"""Signing in with a local account: sessions, their ends, throttle, CSRF, and where one is led."""

import time

import pytest

from mmbatch_dash.auth.sessions.passwords import check_password, hash_password
from mmbatch_dash.auth.sessions.redirects import safe_return
from mmbatch_dash.auth.sessions.throttle import PER_ACCOUNT, PER_PAIR, Throttle
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Role
from tests.auth.house import PASSWORD, Clock, House, csrf_of, post, sign_in

API = "/api/v1/summary"
EVIL = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example",
    "http:evil.example", "javascript:alert(1)", "/\t/evil.example", "/x\r\nSet-Cookie: a=b", "/login?next=//x", " /x",
    "/" + "x" * 3000, "", None, "data:text/html,x", "/%0d%0aX: y\n",
]  # fmt: skip


def test_a_browser_is_led_to_the_sign_in_page_and_back(house: House) -> None:
    client = house.client()
    answer = client.get("/jobs?queue=a&q=b%26c")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=%2Fjobs%3Fqueue%3Da%26q%3Db%2526c"
    page = client.get(answer.headers["Location"])
    assert 'name="next" value="/jobs?queue=a&amp;q=b%26c"' in page.get_data(as_text=True)
    back = sign_in(client, "alice", next="/jobs?queue=a&q=b%26c")
    assert (back.status_code, back.headers["Location"]) == (303, "/jobs?queue=a&q=b%26c")
    assert client.get(API).status_code == 200


@pytest.mark.parametrize("target", EVIL)
def test_nobody_is_led_elsewhere(house: House, target: str | None) -> None:
    assert safe_return(target) == "/"
    answer = sign_in(house.client(), "alice", next=target or "")
    assert answer.headers["Location"] == "/"
    assert "Set-Cookie: a" not in str(answer.headers)


@pytest.mark.parametrize("target", ["/", "/jobs/1?x=//y", "/nodes?q=%2F%2F"])
def test_paths_of_this_server_stay(target: str) -> None:
    assert safe_return(target) == target


def test_unknown_user_and_wrong_password_read_the_same(house: House) -> None:
    wrong = sign_in(house.client(), "alice", "wrong password")
    unknown = sign_in(house.client(), "nobody", "wrong password")
    assert wrong.status_code == unknown.status_code == 401

    def text(page: str) -> str:
        return "".join(line for line in page.splitlines() if "csrf_token" not in line)

    assert text(wrong.get_data(as_text=True)) == text(unknown.get_data(as_text=True))


def test_unknown_user_and_wrong_password_cost_the_same(house: House) -> None:
    alice = house.auth.users.find("alice")

    def fastest(user: object) -> float:
        times = []
        for _ in range(5):
            began = time.process_time()
            assert not check_password(user, "wrong password")  # type: ignore[arg-type]
            times.append(time.process_time() - began)
        return min(times)

    known, unknown = fastest(alice), fastest(None)
    assert 0.5 < known / unknown < 2.0


def test_the_session_key_changes_at_sign_in_and_the_old_one_is_void(house: House) -> None:
    client = house.client()
    client.get("/login")
    planted = client.get_cookie("mmbatch_session")
    assert planted is not None
    sign_in(client, "alice")
    first = client.get_cookie("mmbatch_session")
    assert first is not None
    assert first.value != planted.value
    thief = house.client()
    thief.set_cookie("mmbatch_session", planted.value)
    assert thief.get(API).status_code == 401, "a planted cookie gains nothing by the sign-in"


def test_a_second_sign_in_voids_the_first_session(house: House) -> None:
    client = house.signed_in("alice")
    with client.session_transaction() as cookie:
        first = cookie["_user_id"]
    user = house.auth.users.find("rita")
    assert user is not None
    form = {"csrf_token": csrf_of(client, "/account"), "name": "rita", "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 303
    assert house.auth.sessions.find(first) is None


def test_a_forged_cookie_is_nobodys(house: House) -> None:
    client = house.signed_in("alice")
    cookie = client.get_cookie("mmbatch_session")
    assert cookie is not None
    for forged in (cookie.value[:-2] + "xx", "alice", "", "." * 50):
        thief = house.client()
        thief.set_cookie("mmbatch_session", forged)
        assert thief.get(API).status_code == 401


def test_session_cookies_are_kept_from_scripts_and_other_sites(house: House) -> None:
    client = house.client()
    token = csrf_of(client)
    form = {"csrf_token": token, "name": "alice", "password": PASSWORD}
    plain = client.post("/login", data=form)
    cookie = next(value for value in plain.headers.getlist("Set-Cookie") if value.startswith("mmbatch_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    secure = client.get("/login", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    tls = house.client()
    page = tls.get("/login", base_url="https://localhost")
    assert all("Secure" in value for value in page.headers.getlist("Set-Cookie"))


def test_signing_out_voids_the_session_not_only_the_cookie(house: House) -> None:
    client = house.signed_in("alice")
    cookie = client.get_cookie("mmbatch_session")
    assert cookie is not None
    assert post(client, "/logout", "/account").status_code == 303
    thief = house.client()
    thief.set_cookie("mmbatch_session", cookie.value)
    assert thief.get(API).status_code == 401


def test_signing_out_everywhere_ends_every_session_of_the_user_and_no_other(house: House) -> None:
    one, two, other = house.signed_in("alice"), house.signed_in("alice"), house.signed_in("rita")
    assert post(one, "/account/everywhere", "/account").status_code == 303
    assert [client.get(API).status_code for client in (one, two, other)] == [401, 401, 200]


def test_a_session_ends_when_nothing_is_done(house: House) -> None:
    client = house.signed_in("alice")
    house.clock.pass_by(hours=1, minutes=59)
    assert client.get(API).status_code == 200
    house.clock.pass_by(hours=1, minutes=59)
    assert client.get(API).status_code == 200
    house.clock.pass_by(hours=2)
    assert client.get(API).status_code == 401


def test_a_page_that_refreshes_itself_does_not_keep_a_session_alive(house: House) -> None:
    client = house.signed_in("alice")
    token = csrf_of(client, "/account")
    name = next(name for name in house.auth.dash.callback_map if "shell-freshness" in name)
    body = {"output": name, "outputs": [], "inputs": [], "changedPropIds": ["shell-tick.n_intervals"]}
    for _ in range(3):
        house.clock.pass_by(minutes=39)
        client.post("/_dash-update-component", json=body, headers={"X-CSRFToken": token})
    house.clock.pass_by(minutes=4)
    assert client.get(API).status_code == 401


def test_a_session_ends_after_half_a_day_whatever_is_done(house: House) -> None:
    client = house.signed_in("alice")
    for _ in range(11):
        house.clock.pass_by(hours=1)
        assert client.get(API).status_code == 200
    house.clock.pass_by(hours=1)
    assert client.get(API).status_code == 401


def test_a_removed_or_changed_user_is_out_at_once(house: House) -> None:
    alice, rita = house.signed_in("alice"), house.signed_in("rita")
    house.auth.users.remove("rita")
    house.add_user("alice", Role.READER)
    assert (alice.get(API).status_code, rita.get(API).status_code) == (401, 401)


@pytest.mark.parametrize("path", ["/admin/tokens", "/account/everywhere", "/logout", "/admin/cognito"])
def test_a_form_without_its_token_changes_nothing(house: House, path: str) -> None:
    client = house.signed_in("alice")
    for data in ({}, {"csrf_token": "x"}, {"csrf_token": csrf_of(house.client())}):
        answer = client.post(path, data={"name": "n", "rights": "admin", **data})
        assert answer.status_code == 403
    assert client.get(API).status_code == 200
    assert house.auth.tokens.all() == []


def test_the_api_takes_no_change_by_cookie_without_the_token(house: House) -> None:
    client = house.signed_in("alice")
    body = {"json": {"ids": ["x"]}}
    assert client.post("/api/v1/rejects/dismiss", **body).status_code == 403
    token = csrf_of(client, "/account")
    allowed = client.post("/api/v1/rejects/dismiss", **body, headers={"X-CSRFToken": token})
    assert allowed.status_code != 403
    foreign = client.post(
        "/api/v1/rejects/dismiss", **body, headers={"X-CSRFToken": token, "Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403


def test_dash_gets_the_token_in_the_cookie_it_reads(house: House) -> None:
    client = house.signed_in("rita")
    client.get("/")
    cookie = client.get_cookie("_csrf_token")
    assert cookie is not None
    name = next(name for name in house.auth.dash.callback_map if "shell-content" in name)
    body = {"output": name, "outputs": [], "inputs": [], "changedPropIds": []}
    without = client.post("/_dash-update-component", json=body)
    assert without.status_code == 403
    with_token = client.post("/_dash-update-component", json=body, headers={"X-CSRFToken": cookie.value})
    assert with_token.status_code != 403


def test_the_sign_in_form_itself_needs_its_token(house: House) -> None:
    answer = house.client().post("/login", data={"name": "alice", "password": PASSWORD})
    assert answer.status_code == 403


def test_failing_slows_down_the_one_who_fails(house: House) -> None:
    client = house.client()
    for _ in range(PER_PAIR):
        assert sign_in(client, "alice", "wrong password").status_code == 401
    answer = sign_in(client, "alice")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    form = {"csrf_token": csrf_of(client), "name": "alice", "password": PASSWORD}
    elsewhere = client.post("/login", data=form, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 303, "somebody else's failures do not lock Alice out"


def test_waiting_helps(house: House) -> None:
    client = house.client()
    for _ in range(PER_PAIR):
        sign_in(client, "alice", "wrong password")
    house.clock.pass_by(minutes=15)
    assert sign_in(client, "alice").status_code == 303


def test_an_account_attacked_from_everywhere_stays_open_to_its_owners_addresses() -> None:
    throttle = Throttle(Clock())
    throttle.succeeded("alice", "10.0.0.1")
    for number in range(PER_ACCOUNT):
        throttle.failed("alice", f"192.0.2.{number}")
    assert throttle.wait_seconds("alice", "198.51.100.1") > 0
    assert throttle.wait_seconds("alice", "10.0.0.1") == 0
    assert throttle.wait_seconds("rita", "198.51.100.1") == 0


def test_one_address_cannot_try_many_accounts() -> None:
    throttle = Throttle(Clock())
    for number in range(30):
        throttle.failed(f"user{number}", "192.0.2.1")
    assert throttle.wait_seconds("another", "192.0.2.1") > 0


def test_a_password_is_neither_short_nor_kept(house: House) -> None:
    for bad in ("short", "x" * 513):
        with pytest.raises(InvalidInput):
            hash_password(bad)
    stored = (house.folder / "secrets" / "users.json").read_text()
    assert PASSWORD not in stored
    assert "$argon2id$" in stored
    assert (house.folder / "secrets" / "users.json").stat().st_mode & 0o077 == 0
    assert (house.folder / "secrets").stat().st_mode & 0o077 == 0
