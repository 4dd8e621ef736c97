"""The page of who has access: made, given another role, taken away, and never without an admin left."""

import pytest

from mmbatch_dash.domain.identity import Role
from tests.auth.house import House, post, sign_in

NEW = {"name": "dora", "role": "reader", "password": "a long enough one", "again": "a long enough one"}


def test_an_admin_makes_a_user_who_signs_in_and_takes_them_away_again(house: House) -> None:
    client = house.signed_in("alice")
    assert post(client, "/admin/users", "/admin/users", **NEW).status_code == 303
    text = client.get("/admin/users").get_data(as_text=True)
    assert "Everybody signs in, or sends a token." in text
    assert "dora" in text
    dora = house.client()
    assert sign_in(dora, "dora", NEW["password"]).status_code == 303
    assert dora.get("/api/v1/summary").status_code == 200
    assert post(client, "/admin/users/remove", "/admin/users", name="dora").status_code == 303
    assert dora.get("/api/v1/summary").status_code == 401
    house.auth.recorder.flush()
    told = [entry.detail for entry in house.auth.audit.read() if entry.action == "user"]
    assert told == ["saved dora as reader", "removed dora"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"again": "another one altogether"}, "The two passwords differ."),
        ({"password": "short", "again": "short"}, "password"),
        ({"name": "<b>"}, "must be 1 to 64"),
        ({"role": "root"}, "The role must be admin or reader."),
    ],
)
def test_what_cannot_be_a_user_is_refused_with_a_word(house: House, wrong: dict[str, str], said: str) -> None:
    client = house.signed_in("alice")
    answer = post(client, "/admin/users", "/admin/users", **{**NEW, **wrong})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert "dora" not in [user.name for user in house.auth.users.all()]


def test_the_server_is_never_left_without_an_admin(house: House) -> None:
    client = house.signed_in("alice")
    mine = post(client, "/admin/users/remove", "/admin/users", name="alice")
    assert mine.status_code == 422
    assert "from themselves" in mine.get_data(as_text=True)
    made_reader = post(client, "/admin/users", "/admin/users", **{**NEW, "name": "alice"})
    assert made_reader.status_code == 422
    alice = house.auth.users.find("alice")
    assert alice is not None
    assert alice.role is Role.ADMIN


def test_the_first_user_of_an_open_server_must_be_an_admin(open_door: House) -> None:
    client = open_door.client()
    refused = post(client, "/admin/users", "/admin/users", **NEW)
    assert refused.status_code == 422
    assert "Make another admin first" in refused.get_data(as_text=True)
    assert post(client, "/admin/users", "/admin/users", **{**NEW, "role": "admin"}).status_code == 303
    assert client.get("/admin/users").status_code in (302, 303, 401)


def test_readers_do_not_see_who_has_access(house: House) -> None:
    assert house.signed_in("rita").get("/admin/users").status_code == 403
