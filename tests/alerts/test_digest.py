"""The digest: once a period to each channel, by e-mail with its PDF, however often the server dies."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Letter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mmbatch_dash.domain.config import Config, parse_config
from mmbatch_dash.factory import create_app
from mmbatch_dash.pages.alerts.panels import build_digest
from mmbatch_dash.pages.markup import render_markup
from mmbatch_dash.services import open_services
from mmbatch_dash.services.alerts.sending import Sending
from mmbatch_dash.services.alerts.watch import Message
from mmbatch_dash.services.report.build import Report
from mmbatch_dash.services.report.digest import Digest, digest_report
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.documents.files import FileDocuments
from tests.alerts.receiver import Receiver
from tests.alerts.test_channels import mail_server
from tests.api.conftest import Server, worked_example

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)


send = Sending()


class Killed(BaseException):
    """The process is gone."""


class Reader:
    """A server whose process may die at any point of sending; the report is that of a real one."""

    def __init__(self, folder: Path, report: Report, channels: dict[str, str], **alerts: Any) -> None:
        self.folder, self.report, self.now, self.made = folder, report, MONDAY, 0
        named = {name: {"url": url} for name, url in channels.items()}
        self.config: Config = parse_config({"alerts": {"channels": named, "digestTo": list(channels), **alerts}})

    def look(self, sending: Callable[[Config, str, Message], None] = send, *, hours: float = 0) -> Digest:
        """A server that starts, looks once, and is gone."""
        self.now += timedelta(hours=hours)

        def report(_period: object) -> Report:
            self.made += 1
            return self.report

        digest = Digest(FileDocuments(self.folder), lambda: self.config, report, sending, lambda: self.now)
        digest.look()
        return digest


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    services = open_services(
        build_settings(tmp_path_factory.mktemp("digest")), clock=lambda: MONDAY, start_folding=False
    )
    Server(services, create_app(services).test_client()).send(worked_example(queue="align"))
    found = digest_report(services, services.digest.latest())
    assert found is not None
    yield found
    services.close()


def test_a_letter_holds_the_week_as_html_and_its_pdf(tmp_path: Path, report: Report) -> None:
    with mail_server() as (mailbox, port):
        address = f"mailto://127.0.0.1:{port}?from=dash@example.org&to=ops@example.org&mode=insecure"
        reader = Reader(tmp_path, report, {"mail": address})
        reader.look()
        reader.look(hours=24)
    [envelope] = mailbox.letters
    letter = message_from_bytes(envelope.content)
    assert letter["Idempotency-Key"] == "digest-2026-W09"
    assert decoded(letter["Subject"]) == f"Week 9 of 2026: {report.said['sentence']}"
    parts = {part.get_content_type(): part for part in letter.walk()}
    html = parts["text/html"].get_payload(decode=True).decode()  # type: ignore[union-attr]
    for said in ("Week 9 of 2026", "Total EC2 Instance Cost", "What insight advises", "What broke"):
        assert said in html
    pdf: Letter = parts["application/pdf"]
    assert pdf.get_filename() == "report_2026-W09.pdf"
    content = pdf.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF-")


def test_each_channel_is_told_once_a_period_however_often_the_server_dies(
    tmp_path: Path, report: Report, receiver: Receiver
) -> None:
    reader = Reader(tmp_path, report, {"ops": f"{receiver.address}/ops", "team": f"{receiver.address}/team"})

    def dies_before(_config: Config, channel: str, _message: Message) -> None:
        raise Killed(channel)

    def dies_at_team(config: Config, channel: str, message: Message) -> None:
        if channel == "team":
            raise Killed
        send(config, channel, message)

    for dying in (dies_before, dies_before, dies_at_team, dies_at_team):
        with pytest.raises(Killed):
            reader.look(dying)
        assert (tmp_path / "digest.json").exists(), "it is written down before anybody is told"
    for _ in range(3):
        reader.look(hours=1)
    assert [path for path, _, _ in receiver.got] == ["/ops", "/team"]
    assert set(receiver.ids()) == {"digest-2026-W09"}
    assert receiver.json()[0]["body"].splitlines()[0] == f"Week 9 of 2026: {report.said['sentence']}"
    reader.look(hours=7 * 24)
    assert receiver.ids()[2:] == ["digest-2026-W10"] * 2


def test_a_channel_that_does_not_take_it_is_tried_again_later_and_says_why(
    tmp_path: Path, report: Report, receiver: Receiver
) -> None:
    reader = Reader(tmp_path, report, {"ops": f"{receiver.address}/ops"})
    receiver.status = 500
    reader.look()
    digest = reader.look()
    assert reader.made == 1, "not before the wait is over"
    assert digest.told["2026-W09"]["ops"].error == "The address answered 500."
    receiver.status = 200
    digest = reader.look(hours=1)
    assert digest.told["2026-W09"]["ops"].at == MONDAY + timedelta(hours=1)
    assert receiver.ids() == ["digest-2026-W09"]


def test_nothing_is_made_before_six_in_the_morning_of_the_dashboards_zone_or_for_nobody(
    tmp_path: Path, report: Report, receiver: Receiver
) -> None:
    reader = Reader(tmp_path, report, {"ops": f"{receiver.address}/ops"})
    reader.now = datetime(2026, 3, 2, 5, 59, tzinfo=UTC)
    assert reader.look().latest().name == "2026-W08"
    monthly = Reader(tmp_path, report, {}, digestEvery="monthly")
    assert monthly.look().latest().name == "2026-02"
    assert monthly.made == 0


def decoded(subject: str) -> str:
    return str(make_header(decode_header(subject))).replace("\n", "")


def test_what_cannot_be_read_is_put_aside(tmp_path: Path, report: Report) -> None:
    (tmp_path / "digest.json").write_text("{half")
    assert Reader(tmp_path, report, {}).look().told == {}
    assert (tmp_path / "digest.unreadable").read_text() == "{half"


def test_who_got_the_latest_is_in_the_book_and_on_the_page(tmp_path: Path, report: Report, receiver: Receiver) -> None:
    digest = Reader(tmp_path, report, {"ops": f"{receiver.address}/ops"}).look()
    text = render_markup(build_digest(digest.latest(), digest.standing(), ZoneInfo("Europe/Berlin")))
    for said in ("ops", "Week 9 of 2026", "2026-03-02 08:00 CET"):
        assert said in text
    assert "digestTo" in render_markup(build_digest(digest.latest(), {}, ZoneInfo("UTC")))
