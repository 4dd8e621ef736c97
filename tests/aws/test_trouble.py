"""When AWS refuses: the state says what, when and what to do; the next run goes on where this one stopped."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.aws.account import AwsRefused, Clients, parse_account
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.services import Services
from mmbatch_dash.services.aws import AwsSync
from mmbatch_dash.services.aws.state import load_state
from mmbatch_dash.store.documents.files import FileDocuments
from tests.aws.conftest import Clock
from tests.aws.scripted import Answer, Refusal, ScriptedAws
from tests.aws.small_world import JOBS, NOON, build_aws, list_jobs

Build = Callable[[ScriptedAws], AwsSync]
Rows = Callable[[str], list[tuple[Any, ...]]]


def refuse(code: str) -> Answer:
    def answer(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        raise Refusal(code)

    return answer


@pytest.mark.parametrize(
    ("code", "trouble", "remedy"),
    [
        ("ExpiredTokenException", "credentials", "Renew the credentials"),
        ("AccessDeniedException", "denied", "docs/aws.md"),
        ("TooManyRequestsException", "throttled", "more slowly"),
    ],
)
def test_a_refusal_is_named_with_its_remedy_and_the_next_try(
    build_sync: Build, code: str, trouble: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # botocore waits between retries of a throttled call
    aws = build_aws()
    aws.answers["DescribeJobQueues"] = refuse(code)
    account = build_sync(aws).run_once().accounts["default"]
    assert account.trouble == trouble
    assert account.last_success is None
    assert code in account.errors["jobs"]
    assert remedy in account.errors["jobs"]
    assert account.next_try == to_iso(NOON + timedelta(seconds=30))


def test_each_failure_waits_longer_and_a_success_forgets_them(build_sync: Build, clock: Clock) -> None:
    aws = build_aws()
    good = aws.answers["DescribeJobQueues"]
    aws.answers["DescribeJobQueues"] = refuse("AccessDeniedException")
    sync = build_sync(aws)
    waits = []
    for _ in range(8):
        account = sync.run_once().accounts["default"]
        waits.append(account.next_try)
    assert waits[:3] == [to_iso(NOON + timedelta(seconds=seconds)) for seconds in (30, 60, 120)]
    assert waits[-1] == to_iso(NOON + timedelta(minutes=30))
    aws.answers["DescribeJobQueues"] = good
    account = sync.run_once(timedelta(minutes=5)).accounts["default"]
    assert (account.failures, account.errors, account.last_success) == (0, {}, to_iso(NOON))
    assert account.next_try == to_iso(NOON + timedelta(minutes=5))


def test_a_step_that_is_denied_does_not_keep_the_others_from_their_work(build_sync: Build, rows: Rows) -> None:
    aws = build_aws()
    aws.answers["GetProducts"] = refuse("AccessDeniedException")
    account = build_sync(aws).run_once().accounts["default"]
    assert list(account.errors) == ["on_demand_prices"]
    [(cost, savings)] = rows("SELECT cost_usd, on_demand_savings_usd FROM jobs WHERE job_id = 'reclaimed-once'")
    assert (cost is None, savings) == (False, None)


def test_a_run_broken_off_among_the_parts_of_an_array_is_taken_up_again(build_sync: Build, rows: Rows) -> None:
    aws = build_aws()

    def half(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if "multiNodeJobId" in asked or asked.get("arrayJobId"):
            raise Refusal("ExpiredTokenException")
        return list_jobs(asked)

    aws.answers["ListJobs"] = half
    sync = build_sync(aws)
    assert sync.run_once().accounts["default"].trouble == "credentials"
    aws.answers["ListJobs"] = list_jobs
    assert sync.run_once().accounts["default"].errors == {}
    assert rows("SELECT count(*) FROM jobs") == [(len(JOBS),)]


def test_the_state_outlives_the_server_and_a_damaged_file_is_forgotten(build_sync: Build, tmp_path: Path) -> None:
    build_sync(build_aws()).run_once()
    assert load_state(FileDocuments(tmp_path)).accounts["default"].last_success == to_iso(NOON)
    (tmp_path / "aws_sync.json").write_text('{"accounts": [}')
    assert load_state(FileDocuments(tmp_path)).accounts == {}


def test_the_state_is_served_without_secrets(services: Services, build_sync: Build) -> None:
    sync = build_sync(build_aws())
    sync.run_once()
    described = sync.describe()
    assert described["running"] is False
    assert described["every_seconds"] is None
    [account] = described["accounts"]
    assert account["account"] == "default"
    assert account["counts"]["jobs"] > 0


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(AwsRefused, match=r"research@eu-west-1: there are no credentials.*\(research\)"):
        Clients(parse_account("research@eu-west-1"))
