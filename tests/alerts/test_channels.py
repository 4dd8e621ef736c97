"""Every kind of channel, each with a real receiver: webhook, template, apprise, Slack, e-mail, SNS."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import apprise.plugins.slack
import boto3
import pytest
from aiosmtpd.controller import Controller

from mmbatch_dash.adapters.channels.send import ChannelFailed, send_message
from mmbatch_dash.domain.config.alerts import ChannelSetting
from mmbatch_dash.domain.errors import MmbatchDashError
from tests.alerts.receiver import Receiver

NO_SERVICE = "The address is of no service that apprise knows; its documentation lists them."
NOT_TAKEN = "The service did not take the message: is its address right, and can this host reach it?"
FIELDS = {"kind": "began", "rule": "reclaim-wave", "group": "", "value": "7", "since": "2026-03-01T12:00:00+00:00"}


def send(**channel: str) -> None:
    send_message(
        ChannelSetting.model_validate(channel),
        message_id="abc-began",
        title='reclaim-wave: 7 "reclaims"',
        body="reclaim-wave\nMessage abc-began",
        fields=FIELDS,
        bad=True,
    )


def test_an_http_address_gets_all_of_it_as_json(receiver: Receiver) -> None:
    send(url=f"{receiver.address}/hook")
    [(path, headers, _)] = receiver.got
    assert (path, headers["idempotency-key"], headers["content-type"]) == ("/hook", "abc-began", "application/json")
    assert receiver.json() == [{**FIELDS, "id": "abc-began", "title": 'reclaim-wave: 7 "reclaims"',
                                "body": "reclaim-wave\nMessage abc-began"}]  # fmt: skip


def test_a_template_is_filled_and_stays_json(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text('{"text": "$title", "key": "${id}", "price": "$$5 $unknown"}')
    send(url=f"{receiver.address}/hook", templateFile=str(tmp_path / "template.json"))
    assert receiver.json() == [{"text": 'reclaim-wave: 7 "reclaims"', "key": "abc-began", "price": "$5 $unknown"}]


def test_an_address_of_apprise_is_told_with_the_id_in_a_header(receiver: Receiver) -> None:
    send(url=f"{receiver.address.replace('http', 'json')}/hook")
    assert receiver.ids() == ["abc-began"]
    assert receiver.json()[0]["message"].endswith("Message abc-began")


def test_slack_is_told(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise.plugins.slack.NotifySlack, "webhook_url", f"{receiver.address}/services")
    send(url="https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    [(path, _, body)] = receiver.got
    assert path.startswith("/services/T1JJ3T3L2")
    assert "reclaim-wave" in body.decode()


class Mailbox:
    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(envelope)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


def test_a_letter_is_sent() -> None:
    with mail_server() as (mailbox, port):
        send(url=f"mailto://127.0.0.1:{port}?from=dash@example.org&to=ops@example.org&mode=insecure")
    [letter] = mailbox.letters
    assert letter.rcpt_tos == ["ops@example.org"]
    said = message_from_bytes(letter.content)
    assert "reclaim-wave" in str(said["Subject"])
    text = "".join(part.get_payload(decode=True).decode() for part in said.walk() if not part.is_multipart())
    assert "Message abc-began" in text


@pytest.mark.usefixtures("aws_stand_in")
def test_a_topic_is_told() -> None:
    topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="seen")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    send(url=f"sns:{topic}")
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])
    assert told["Subject"] == 'reclaim-wave: 7 "reclaims"'
    assert told["Message"].endswith("Message abc-began")
    assert told["MessageAttributes"]["id"]["Value"] == "abc-began"
    with pytest.raises(MmbatchDashError, match="the topic: AWS refused to publish"):
        send(url=f"sns:{topic}-gone")


def test_an_address_comes_from_a_file_or_a_variable(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "address").write_text(f"{receiver.address}/file\n")
    monkeypatch.setenv("OPS_URL", f"{receiver.address}/variable")
    send(urlFile=str(tmp_path / "address"))
    send(urlEnv="OPS_URL")
    assert [path for path, _, _ in receiver.got] == ["/file", "/variable"]


@pytest.mark.parametrize(
    ("channel", "reason"),
    [
        ({"url": "http://127.0.0.1:1/s3cret"}, "The address could not be reached (ConnectionError)."),
        ({"url": "nonsense://s3cret"}, NO_SERVICE),
        ({"urlFile": "/no/such/file"}, "/no/such/file cannot be read: No such file or directory."),
        ({"urlEnv": "NO_SUCH"}, "The environment variable NO_SUCH is not set where the server runs."),
        ({"url": "json://127.0.0.1:1/s3cret"}, NOT_TAKEN),
    ],
)  # fmt: skip
def test_what_is_not_taken_says_why_and_never_the_address(channel: dict[str, str], reason: str) -> None:
    with pytest.raises(ChannelFailed) as failed:
        send(**channel)
    assert str(failed.value) == reason
    assert "s3cret" not in str(failed.value)


def test_an_address_that_answers_with_an_error_did_not_take_it(receiver: Receiver) -> None:
    receiver.status = 404
    with pytest.raises(ChannelFailed, match="The address answered 404."):
        send(url=f"{receiver.address}/hook")
