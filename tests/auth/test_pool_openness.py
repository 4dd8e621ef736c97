"""Who may read through a user pool is said where no reader groups are named, and louder where that is anybody."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from mmbatch_dash.adapters.pool_openness import PoolAsker, allows_self_sign_up, warn_of
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.cli import app
from mmbatch_dash.commands.serve import log_pool_warning
from mmbatch_dash.domain.config.security import Cognito
from mmbatch_dash.services import check
from tests.auth.house import House

REGION = "eu-west-1"


@pytest.fixture
def idp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A mock of AWS with credentials for it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("cognito-idp", REGION)


@pytest.fixture
def open_pool(idp: Any) -> Cognito:
    """A pool as AWS makes it: whoever likes makes an account."""
    pool_id = idp.create_user_pool(PoolName="people")["UserPool"]["Id"]
    return Cognito.model_validate({"enabled": True, "region": REGION, "userPoolID": pool_id, "clientID": "c"})


def close(idp: Any, cognito: Cognito) -> None:
    closed = {"AllowAdminCreateUserOnly": True}
    idp.update_user_pool(UserPoolId=cognito.user_pool_id, AdminCreateUserConfig=closed)


def test_a_pool_that_anybody_joins_is_told_from_one_that_admins_fill(idp: Any, open_pool: Cognito) -> None:
    warned = warn_of(open_pool)
    assert warned.is_loud
    assert warned.text.startswith(
        f"ANYBODY MAY READ EVERYTHING HERE: the user pool {open_pool.user_pool_id} lets people"
    )
    asker = PoolAsker()
    assert asker(open_pool) is True
    close(idp, open_pool)
    assert asker(open_pool) is True  # it was asked a moment ago
    assert allows_self_sign_up(open_pool) is False
    assert not warn_of(open_pool).is_loud
    assert warn_of(open_pool).text.endswith("Accounts are made by the pool's admins alone.")


def test_a_pool_that_cannot_be_asked_is_said_to_be_perhaps_open(idp: Any, open_pool: Cognito) -> None:
    gone = open_pool.model_copy(update={"user_pool_id": "eu-west-1_gone"})
    assert allows_self_sign_up(gone) is None
    assert warn_of(gone).text.endswith("it could not be asked (the right cognito-idp:DescribeUserPool).")
    assert not warn_of(gone).is_loud


def test_named_groups_and_no_pool_need_no_warning(open_pool: Cognito) -> None:
    assert warn_of(open_pool.model_copy(update={"reader_groups": ("people",)})).text == ""
    assert warn_of(open_pool.model_copy(update={"enabled": False})).text == ""


def test_page_start_log_and_check_say_it(
    house: House, open_pool: Cognito, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alice = house.signed_in("alice")
    monkeypatch.setattr(Pools, "settings", property(lambda _: open_pool))
    page = alice.get("/admin/cognito").get_data(as_text=True)
    assert '<p class="account-problem" role="alert"><strong>ANYBODY MAY READ EVERYTHING HERE' in page
    log_pool_warning(open_pool)
    assert [(record.levelname, record.message[:13]) for record in caplog.records[-1:]] == [("ERROR", "ANYBODY MAY R")]
    (house.folder / "journal").mkdir()
    monkeypatch.setattr(check, "warn_of", lambda _: warn_of(open_pool))
    said = CliRunner().invoke(app, ["check", "--data-dir", str(house.folder)])
    assert "note: ANYBODY MAY READ EVERYTHING HERE" in said.output
    assert (house.folder / "config.yaml").exists()
