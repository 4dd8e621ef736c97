"""Real boto3 clients whose answers a test writes: checked against botocore's service models, never sent anywhere."""

from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import Mock

import boto3
from botocore.validate import ParamValidator

from mmbatch_dash.adapters.aws.account import Account, Clients

# One session, because reading botocore's service models is what takes time here.
SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Refusal(Exception):
    """An answer that is an AWS error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ScriptedAws:
    """Answers by operation name, and a record of what was asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = dict(answers)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def connect(self, account: Account, *, default_region: str) -> Clients:
        return ScriptedClients(account, self, account.region or default_region)

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.calls)

    def answer(self, operation: str, asked: Mapping[str, Any], model: Any) -> tuple[Mock, Mapping[str, Any]]:
        self.calls.append((operation, asked))
        try:
            given = self.answers[operation](asked)
        except Refusal as refusal:
            return Mock(status_code=400), {"Error": {"Code": refusal.code, "Message": "no"}, "ResponseMetadata": {}}
        report = ParamValidator().validate(given, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        return Mock(status_code=200), {**given, "ResponseMetadata": {"HTTPStatusCode": 200}}


class ScriptedClients(Clients):
    """Clients over a ScriptedAws."""

    def __init__(self, account: Account, aws: ScriptedAws, region: str) -> None:
        self.account = account
        self.region = region
        self._aws = aws
        self._session = SESSION
        self._clients = {}

    def client(self, service: str, region: str | None = None) -> Any:
        client = super().client(service, region)
        if not hasattr(client, "_scripted"):
            asked: dict[str, Mapping[str, Any]] = {}

            def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
                asked[model.name] = dict(params)

            def reply(model: Any, **_: Any) -> Any:
                return self._aws.answer(model.name, asked[model.name], model)

            client.meta.events.register("provide-client-params", note)
            client.meta.events.register("before-call", reply)
            client._scripted = True
        return client
