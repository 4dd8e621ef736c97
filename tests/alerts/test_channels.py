"""Every kind of channel, each with a real receiver: webhook, template, apprise, Slack, e-mail, SNS."""

import json
import socket
import threading
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
from mmbatch_dash.domain.config import parse_config
from mmbatch_dash.domain.config.alerts import ChannelSetting
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.alerts import sending
from mmbatch_dash.services.alerts.watch import Message
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
def test_what_is_not_taken_says_why_and_never_the_address(
    channel: dict[str, str], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ChannelFailed) as failed:
        send(**channel)
    assert str(failed.value) == reason
    assert "s3cret" not in str(failed.value) + caplog.text


def test_an_address_that_answers_with_an_error_did_not_take_it(receiver: Receiver) -> None:
    receiver.status = 404
    with pytest.raises(ChannelFailed, match="The address answered 404."):
        send(url=f"{receiver.address}/hook")


@pytest.mark.parametrize("scheme", ["http", "json"])
def test_a_redirect_is_not_taken_for_a_message_taken(receiver: Receiver, scheme: str) -> None:
    receiver.status = 302
    with pytest.raises(ChannelFailed, match="leads elsewhere|did not take"):
        send(url=f"{receiver.address.replace('http', scheme)}/hook")


def test_an_address_that_answers_letter_by_letter_holds_up_nobody(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 0.3)
    receiver.go_on.clear()
    channels = {"slow": {"url": f"{receiver.address}/slow"}, "ops": {"urlEnv": "NO_SUCH"}}
    config, send_through = parse_config({"alerts": {"channels": channels}}), sending.Sending()
    message = Message("abc-began", "title", "body", FIELDS)
    with pytest.raises(ChannelFailed, match=r"did not answer within 0 s"):
        send_through(config, "slow", message)
    with pytest.raises(ChannelFailed, match="has not answered the message before yet"):
        send_through(config, "slow", message)
    with pytest.raises(ChannelFailed, match="NO_SUCH"):
        send_through(config, "ops", message)
    receiver.go_on.set()
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 20.0)
    [hung] = [one for one in threading.enumerate() if one.name == "channel-slow"]
    hung.join(20)
    send_through(config, "slow", message)


def test_what_nobody_foresaw_is_a_message_not_sent_and_tells_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("http://user:s3cret@host")

    monkeypatch.setattr(sending, "send_message", stumble)
    config = parse_config({"alerts": {"channels": {"ops": {"url": "http://127.0.0.1:1"}}}})
    with pytest.raises(ChannelFailed, match=r"^The message could not be sent \(RuntimeError\)\.$"):
        sending.Sending()(config, "ops", Message("abc-began", "title", "body", FIELDS))


def test_a_mail_server_that_dies_midway_did_not_take_the_letter() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb") as talk:
                talk.write(b"220 hello\r\n")
                talk.flush()
                while (line := talk.readline()) and not line.upper().startswith(b"DATA"):
                    talk.write(b"250 ok\r\n")
                    talk.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        with pytest.raises(ChannelFailed, match="did not take the message"):
            send(url=f"mailto://127.0.0.1:{port}?from=dash@example.org&to=ops@example.org&mode=insecure")
        thread.join(20)
