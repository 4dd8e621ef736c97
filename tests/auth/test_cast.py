"""The cast at every door: who gets in where, route by route and callback by callback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse, create_environ

from mmbatch_dash.auth.access.routes import find_declared, find_declared_callback
from mmbatch_dash.domain.identity import Audience, CallerKind, Right
from mmbatch_dash.ingest import EventsDoor
from tests.auth.house import House, csrf_of

CALLBACKS = "/_dash-update-component"
# Written down a second time, apart from auth/access/routes.py, so that a slip there shows here.
ANYONE = {
    "/login", "/login/challenge", "/login/forgotten", "/login/forgotten/confirm", "/login/hosted", "/login/callback",
    "/setup", "/logout", "/healthz", "/readyz", "/api/v1/reporter", "/api/v1/scripts/install-reporter",
    "/assets/<path:filename>", "/_favicon.ico",
}  # fmt: skip
KNOWN = {"/account", "/account/everywhere"}
METRICS = {"/metrics"}
INGEST = {"/api/v1/events", "/api/v1/import", "/api/v1/nextflow"}
NODE = {"/api/v1/config"}
LOG_FILES = ("PUT", "/api/v1/nodes/<node_id>/files/<path:path>")
OWN_LOGS = {"/mmab.log", "/mmab-access.log"}
READ_BY_ADMINS = {"/api/v1/disowned", "/api/v1/rebuild"}
READ_BY_POST = {
    CALLBACKS, "/api/<path:rest>", "/api/v1/insight/replay", "/api/v1/insight/replay/<replay_id>",
}  # fmt: skip
SECOND_WORDS = {"anyone": ANYONE, "known": KNOWN, "ingest": INGEST, "node": NODE, "metrics": METRICS}
LETS_IN = {
    "admin": {"anyone", "known", "ingest", "node", "metrics", "reader", "admin"},
    "reader": {"anyone", "known", "node", "metrics", "reader"},
    "ingest token": {"anyone", "known", "ingest"},
    "node token": {"anyone", "known", "node"},
    "metrics token": {"anyone", "known", "metrics"},
    "read token": {"anyone", "known", "node", "metrics", "reader"},
    "admin token": {"anyone", "known", "ingest", "node", "metrics", "reader", "admin"},
    "revoked token": {"anyone"},
    "expired token": {"anyone"},
    "made-up token": {"anyone"},
    "nobody": {"anyone"},
}
TOKENS = (
    "ingest token", "node token", "metrics token", "read token", "admin token", "revoked token", "expired token",
    "made-up token",
)  # fmt: skip


def whom_for(method: str, rule: str) -> str:
    if (method, rule) == LOG_FILES:
        return "ingest"
    if rule in OWN_LOGS:
        return "admin"
    for audience, rules in SECOND_WORDS.items():
        if rule in rules:
            return audience
    if (
        rule.startswith("/admin/")
        or rule in READ_BY_ADMINS
        or (method not in ("GET", "HEAD") and rule not in READ_BY_POST)
    ):
        return "admin"
    return "reader"


def rules(house: House) -> Iterator[tuple[str, Rule]]:
    for rule in house.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield method, rule


def address(rule: Rule) -> str:
    return "".join(part if is_text else "x" for is_text, part in _pieces(rule.rule))


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    while "<" in text:
        before, _, rest = text.partition("<")
        inner, _, text = rest.partition(">")
        yield True, before
        yield False, inner.rpartition(":")[2]
    yield True, text


Knock = Callable[..., TestResponse]


def knocks(house: House) -> dict[str, Knock]:
    """Somebody of the cast → how they send a request."""
    make = house.make_token
    tokens = {
        "ingest token": make(Right.INGEST),
        "node token": make(Right.NODE),
        "metrics token": make(Right.METRICS),
        "read token": make(Right.READ),
        "admin token": make(Right.ADMIN),
        "revoked token": make(*Right, name="gone"),
        "expired token": make(*Right, name="old", lifetime=house.clock.now - house.clock.now.replace(hour=11)),
        "made-up token": "mmb_0123456789ab_" + "x" * 43,
    }
    house.auth.tokens.revoke("gone")
    house.clock.pass_by(hours=1)

    def by_token(text: str) -> Knock:
        return lambda method, path, **more: house.client().open(
            path, method=method, headers={"Authorization": f"Bearer {text}"}, **more
        )

    def by_session(name: str) -> Knock:
        def knock(method: str, path: str, **more: Any) -> TestResponse:
            client = signed_in(house, name)
            return client.open(path, method=method, headers={"X-CSRFToken": csrf_of(client, "/account")}, **more)

        return knock

    return {
        "admin": by_session("alice"),
        "reader": by_session("rita"),
        **{name: by_token(text) for name, text in tokens.items()},
        "nobody": lambda method, path, **more: house.client().open(path, method=method, **more),
    }


def signed_in(house: House, name: str) -> FlaskClient:
    """A browser with a session made without the form: the form's password check would take most of the test's time."""
    user = house.auth.users.find(name)
    assert user is not None
    session = house.auth.sessions.begin(name, CallerKind.LOCAL, user.role, stamp=user.stamp)
    client = house.client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = session.key
    return client


def is_refused(answer: TestResponse) -> bool:
    to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/login?next=")
    # A wrong set-up link or an empty sign-in is no matter of the gate: those pages are for anyone.
    # Whoever tries bad tokens again and again is told to wait.
    return to_sign_in or answer.status_code in (401, 403, 429)


def audience(house: House, method: str, rule: Rule) -> Audience | None:
    return find_declared(method, rule.rule, house.app.view_functions[rule.endpoint])


def test_every_route_is_declared(house: House) -> None:
    missing = [f"{method} {rule.rule}" for method, rule in rules(house) if audience(house, method, rule) is None]
    assert missing == [], "declare them beside their function, or in auth/access/routes.py"


def test_every_callback_is_declared(house: House) -> None:
    callbacks = house.auth.dash.callback_map
    missing = [
        name[:100]
        for name, entry in callbacks.items()
        if "callback" in entry and find_declared_callback(callbacks, name) is None
    ]
    assert missing == [], "name their page in auth/access/routes.py, or mark them for_admins"


def test_the_declared_audience_is_the_one_written_down_here(house: House) -> None:
    differing = {
        f"{method} {rule.rule}": (declared.value, whom_for(method, rule.rule))
        for method, rule in rules(house)
        if (declared := audience(house, method, rule)) and declared.value != whom_for(method, rule.rule)
    }
    assert differing == {}


@pytest.mark.parametrize("who", LETS_IN)
def test_the_cast_gets_in_where_it_may_and_nowhere_else(house: House, who: str) -> None:
    knock = knocks(house)[who]
    wrong: list[str] = []
    for method, rule in rules(house):
        audience = whom_for(method, rule.rule)
        if audience == "anyone" or rule.rule == CALLBACKS:
            continue
        answer = knock(method, address(rule))
        if is_refused(answer) is (audience in LETS_IN[who]):
            wrong.append(f"{method} {rule.rule} ({audience}): {answer.status_code}")
        answer.close()
    assert wrong == []


def short_way(house: House) -> EventsDoor:
    application: Any = house.app.wsgi_app
    while not isinstance(application, EventsDoor):
        application = application._application
    return application


SENT = {
    "an event": {"specversion": "1.0", "type": "mmbatch.job.submitted", "time": "2026-03-31T11:00:00Z"},
    "no event": {"specversion": "1.0"},
}


@pytest.mark.parametrize("who", LETS_IN)
def test_the_short_way_of_events_answers_the_cast_as_the_whole_way_does(house: House, who: str) -> None:
    knock, door, whole_way = knocks(house)[who], short_way(house), house.app.wsgi_app
    came_through: list[str] = []

    def hand_on(environ: Any, start_response: Any) -> Any:
        came_through.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    inner, door.application = door.application, hand_on
    for sent in SENT.values():
        told = []
        for way in ("short", "whole"):
            if way == "whole":
                door.open_to(lambda environ: None)
            event = {**sent, "id": f"{who} {way}", "source": "cast", "data": {"job_id": f"{who} {way}"}}
            came_through.clear()
            answer = knock("POST", "/api/v1/events", json=event)
            is_let_in_without_session = "ingest" in LETS_IN[who] and "token" in who
            expected = [] if way == "short" and is_let_in_without_session else ["/api/v1/events"]
            assert [path for path in came_through if path != "/account"] == expected, way
            told.append((answer.status_code, _told(answer), sorted(answer.headers.keys())))
        assert told[0] == told[1]
        assert is_refused(answer) is not ("ingest" in LETS_IN[who])
        door.open_to(house.auth.sender_in)
    assert house.app.wsgi_app is whole_way


def _told(answer: TestResponse) -> object:
    body = answer.get_json()
    return {name: value for name, value in body.items() if name not in ("message", "details", "rejected")}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"X-Forwarded-For": "127.0.0.1"}, {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"}, {"Authorization": "Bearer mmb_0123456789ab_x"}, {"X-Long": "x" * 40_000},
    ],
)  # fmt: skip
def test_where_nobody_logs_in_the_short_way_refuses_whom_the_whole_way_refuses(
    open_door: House, headers: dict[str, str]
) -> None:
    event = {**SENT["an event"], "id": "1", "source": "cast", "data": {"job_id": "cast"}}
    client, own = open_door.client(), open_door.client()
    assert own.post("/api/v1/events", json=event).status_code == 200
    assert open_door.auth.sender_in(_environ(headers)) is None
    assert client.post("/api/v1/events", json=event, headers=headers).status_code in (401, 403, 431)
    assert open_door.auth.sender_in(_environ({})) is not None


def _environ(headers: dict[str, str]) -> dict[str, Any]:
    return create_environ("/api/v1/events", "http://localhost", method="POST", headers=headers) | {
        "REMOTE_ADDR": "127.0.0.1"
    }


@pytest.mark.parametrize("who", LETS_IN)
def test_the_cast_may_call_the_callbacks_of_its_pages_and_no_others(house: House, who: str) -> None:
    knock = knocks(house)[who]
    wrong: list[str] = []
    names = [name for name, entry in house.auth.dash.callback_map.items() if "callback" in entry]
    assert names
    for name in [*names, "no-such.callback"]:
        declared = "admin" if name == "no-such.callback" else _audience(house, name)
        body = {"output": name, "outputs": [], "inputs": [], "changedPropIds": []}
        answer = knock("POST", CALLBACKS, json=body)
        if is_refused(answer) is (declared in LETS_IN[who]):
            wrong.append(f"{name[:80]} ({declared}): {answer.status_code}")
    assert wrong == []


def _audience(house: House, name: str) -> str:
    declared = find_declared_callback(house.auth.dash.callback_map, name)
    return "admin" if declared is None else declared.value


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/assets/10-tokens.css"])
def test_anyone_reaches_what_is_for_anyone_whatever_they_carry(house: House, path: str) -> None:
    for who, knock in knocks(house).items():
        answer = knock("GET", path)
        # A server that is behind with its work may say so; what matters is who hears it.
        assert answer.status_code in ((200, 503) if path == "/readyz" else (200, 303)), (who, answer.status_code)
        assert not is_refused(answer), who
        answer.close()


@pytest.mark.parametrize("path", ["/login", "/login/forgotten", "/setup"])
def test_tokens_have_no_business_where_people_sign_in(house: House, path: str) -> None:
    for who, knock in knocks(house).items():
        answer = knock("GET", path)
        if "token" in who:
            assert (answer.status_code, "Tokens are for the API" in answer.get_data(as_text=True)) == (403, True), who
        elif path != "/setup":
            assert answer.status_code in (200, 303), who
        answer.close()


def test_an_undeclared_route_is_for_admins_only(house: House) -> None:
    house.app._got_first_request = False
    house.app.add_url_rule("/api/v1/forgotten", "forgotten", lambda: "secret")
    everybody = knocks(house)
    refused = {who for who, knock in everybody.items() if is_refused(knock("GET", "/api/v1/forgotten"))}
    assert refused == set(LETS_IN) - {"admin", "admin token"}


def test_a_caller_without_rights_learns_no_more_than_that(house: House) -> None:
    answer = house.client().get("/api/v1/summary")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert set(answer.get_json()) == {"statusCode", "errorCode", "message", "details"}
    assert answer.get_json()["errorCode"] == 1007
    reader = house.client().post(
        "/api/v1/rejects/retry", headers={"X-Api-Key": house.make_token(Right.READ)}, json={"ids": ["x"]}
    )
    assert (reader.status_code, reader.get_json()["errorCode"]) == (403, 1008)
    assert reader.get_json()["message"] == "This is for admins."


def test_a_method_that_is_not_there_says_nothing_to_nobody(house: House) -> None:
    assert house.client().delete("/api/v1/summary").status_code == 401
    assert house.client().patch("/").status_code == 401
