"""What an admin does on the Configuration page, in a real browser on a real server."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mmbatch_dash.pages.configuration.sections import SECTIONS
from tests.browser.conftest import NARROW, LiveServer, free_port, wait_until_up

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
# A shared machine stalls at random; what is expected is waited for, not measured.
expect.set_options(timeout=20_000)
QUICK = "dashboard:\n  refresh: 1s   # for the tests\n"


@pytest.fixture
def server(start_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """A server of its own, whose pages look for news every second; it ends with its test."""
    started = start_server(QUICK)
    yield started
    started.process.terminate()


@pytest.fixture(scope="module")
def shared(start_server: Callable[..., LiveServer]) -> LiveServer:
    """A server for tests that change nothing."""
    return start_server(QUICK)


def open_form(open_page: OpenPage, server: LiveServer, **options: Any) -> Page:
    page = open_page(f"{server.url}/configuration", **options)
    expect(page.locator("#configuration-scope")).to_contain_text("Version")
    expect(note(page, "ckpt.ckptMode")).to_contain_text("Default")
    return page


def open_section(page: Page, anchor: str) -> None:
    page.evaluate("(name) => { location.hash = 'configuration-at-' + name; }", anchor)


def open_section_of(page: Page, key: str) -> None:
    if not page.locator(f"#configuration-row-{key.replace('.', '-')}").is_visible():
        open_section(page, next(section.anchor for section in SECTIONS if key in section.titles))


def field(page: Page, key: str) -> Locator:
    open_section_of(page, key)
    return page.locator(f"#configuration-field-{key.replace('.', '-')}")


def note(page: Page, key: str) -> Locator:
    return page.locator(f"#configuration-note-{key.replace('.', '-')}")


def choose(page: Page, key: str, value: str) -> None:
    open_section_of(page, key)
    page.locator(f"#configuration-row-{key.replace('.', '-')} .segment").get_by_text(value, exact=True).click()


def review(page: Page) -> Locator:
    expect(page.locator("#configuration-bar")).to_be_visible()
    page.get_by_role("button", name="Review and save").click()
    return page.locator("#configuration-review-box")


def save(page: Page, version: int) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#configuration-scope")).to_contain_text(f"Version {version},")
    expect(page.locator("#configuration-review-box")).to_have_count(0)
    expect(page.locator("#configuration-bar")).to_be_hidden()


def put(server: LiveServer, **pairs: str) -> None:
    body = json.dumps({"kvMap": {key.replace("__", "."): value for key, value in pairs.items()}}).encode()
    request = Request(f"{server.url}/api/v1/configKV", body, method="PUT")  # noqa: S310 - our own server
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
        assert answer.status == 200


def config_text(server: LiveServer) -> str:
    return (server.data_dir / "config.yaml").read_text()


def in_force(server: LiveServer) -> dict[str, Any]:
    with urlopen(f"{server.url}/api/v1/config", timeout=30) as answer:  # noqa: S310 - our own server
        tree: dict[str, Any] = json.load(answer)
        return tree


def test_every_section_saves_what_its_controls_say(server: LiveServer, open_page: OpenPage) -> None:
    page = open_form(open_page, server)
    texts = {
        "ckpt.ckptInterval": "20m",
        "ckpt.ckptFiles": "/data/index one\n/data/two",
        "job.diskSizeGB": "250",
        "job.successTTL": "48h",
        "node.ttl": "6m",
        "log.maxBackups": "7",
        "security.cognito.region": "eu-west-1",
        "dashboard.timezone": "Europe/Berlin",
        "pricing.assumedSpotDiscount": "0.65",
        "aws.accounts": "default@us-east-1",
        "ingest.maxBodyMB": "16",
        "retention.jobs": "8760h",
    }
    for key, text in texts.items():
        field(page, key).fill(text)
    choose(page, "ckpt.ckptMode", "none")
    choose(page, "log.level", "warning")
    field(page, "job.diskType").select_option("io2")
    field(page, "job.ebsPerJob").check()
    open_section(page, "volume")
    page.get_by_label("Add a row to Custom tags").click()
    page.get_by_label("Custom tags, row 1, Key").fill("owner")
    page.get_by_label("Custom tags, row 1, Value").fill("genomics: team 7")
    page.keyboard.press("Tab")
    expect(page.locator("#configuration-count")).to_contain_text(f"{len(texts) + 5} unsaved changes")
    dialog = review(page)
    expect(dialog).to_contain_text(f"Save {len(texts) + 5} changes?")
    expect(dialog).to_contain_text("ckptInterval: 20m")
    save(page, 2)
    tree = in_force(server)
    assert tree["ckpt"]["ckptMode"] == "none"
    assert tree["ckpt"]["ckptInterval"] == "20m0s"
    assert tree["ckpt"]["ckptFiles"] == ["/data/index one", "/data/two"]
    assert tree["job"]["customTags"] == {"owner": "genomics: team 7"}
    assert (tree["job"]["ebsPerJob"], tree["job"]["diskType"], tree["job"]["diskSizeGB"]) == (True, "io2", 250)
    assert (tree["log"]["level"], tree["log"]["maxBackups"]) == ("warning", 7)
    assert tree["security"]["cognito"]["region"] == "eu-west-1"
    assert tree["pricing"]["assumedSpotDiscount"] == 0.65
    assert tree["aws"]["accounts"] == ["default@us-east-1"]
    assert (tree["ingest"]["maxBodyMB"], tree["retention"]["jobs"], tree["node"]["ttl"]) == (16, "8760h0m0s", "6m0s")
    assert "refresh: 1s   # for the tests" in config_text(server)
    expect(page.locator("#configuration-history tbody tr")).to_have_count(2)


def test_a_wrong_value_is_named_as_one_types_and_cannot_be_saved(shared: LiveServer, open_page: OpenPage) -> None:
    page = open_form(open_page, shared)
    field(page, "ckpt.ckptInterval").fill("soon")
    sentence = "ckpt.ckptInterval: must be a duration such as 15m, 90s or 1h30m, not 'soon'"
    expect(note(page, "ckpt.ckptInterval")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Review and save")).to_be_disabled()
    field(page, "ckpt.ckptInterval").fill("90s")
    expect(note(page, "ckpt.ckptInterval")).to_contain_text("EC2 gives 2m0s before a reclaim")
    expect(page.get_by_role("button", name="Review and save")).to_be_enabled()
    page.get_by_label("Reset Interval to its default").click()
    expect(field(page, "ckpt.ckptInterval")).to_have_value("15m")
    expect(page.locator("#configuration-bar")).to_be_hidden()


def test_what_a_job_overrides_and_what_needs_a_restart_stands_beside_the_field(
    shared: LiveServer, open_page: OpenPage
) -> None:
    page = open_form(open_page, shared)
    expect(page.locator("#configuration-row-ckpt-ckptInterval")).to_contain_text("MMC_CHECKPOINT_INTERVAL")
    expect(page.locator("#configuration-row-addr")).to_contain_text("Takes effect at a restart")
    expect(page.locator("#configuration-at-volume")).to_contain_text("adds 5 to 10 minutes to each restore")
    expect(field(page, "id")).to_be_disabled()


def test_a_form_opened_before_somebody_elses_save_shows_both_values(server: LiveServer, open_page: OpenPage) -> None:
    page = open_form(open_page, server)
    field(page, "node.ttl").fill("7m")
    expect(note(page, "node.ttl")).to_contain_text("Changed; was 5m")
    put(server, node__ttl="9m", log__level="error")
    expect(page.locator("#configuration-news")).to_contain_text("saved version 2 while this form was open")
    dialog = review(page)
    expect(dialog).to_contain_text("Somebody else saved first")
    row = dialog.locator("tr.is-conflict")
    expect(row).to_contain_text(re.compile("node.ttl.*5m.*9m.*7m"))
    expect(dialog).to_contain_text("not changed by you")
    assert in_force(server)["node"]["ttl"] == "9m0s"
    page.get_by_role("button", name="Keep mine, look again").click()
    expect(dialog.locator(".line-removed")).to_contain_text("ttl: 9m")
    save(page, 3)
    assert in_force(server)["node"]["ttl"] == "7m0s"
    assert in_force(server)["log"]["level"] == "error"


def test_in_a_conflict_the_values_of_the_other_can_be_taken(server: LiveServer, open_page: OpenPage) -> None:
    page = open_form(open_page, server)
    field(page, "node.ttl").fill("7m")
    expect(note(page, "node.ttl")).to_contain_text("Changed")
    put(server, node__ttl="9m")
    review(page)
    page.get_by_role("button", name="Take theirs, drop mine").click()
    expect(field(page, "node.ttl")).to_have_value("9m")
    expect(page.locator("#configuration-bar")).to_be_hidden()
    assert in_force(server)["node"]["ttl"] == "9m0s"


def test_a_former_state_is_restored_from_the_history(server: LiveServer, open_page: OpenPage) -> None:
    put(server, ckpt__ckptInterval="30m")
    page = open_form(open_page, server)
    expect(field(page, "ckpt.ckptInterval")).to_have_value("30m")
    open_section(page, "history")
    page.get_by_role("button", name="Restore version 1").click()
    dialog = page.locator("#configuration-ask-box")
    expect(dialog).to_contain_text("Restore version 1?")
    expect(dialog.locator(".line-removed", has_text="30m")).to_have_count(1)
    page.locator("#configuration-ask-do").click()
    expect(field(page, "ckpt.ckptInterval")).to_have_value("15m")
    expect(page.locator("#configuration-history")).to_contain_text("Version 1 again.")
    assert config_text(server).startswith(QUICK)


def test_unsaved_changes_survive_leaving_and_are_dropped_only_when_asked(
    shared: LiveServer, open_page: OpenPage
) -> None:
    page = open_form(open_page, shared)
    field(page, "job.ebsMountPath").fill("/mnt/other")
    expect(page.locator("#configuration-count")).to_contain_text("1 unsaved change")
    page.get_by_role("link", name="Dashboard", exact=True).first.click()
    expect(page.get_by_role("heading", name="No job has arrived yet")).to_be_visible()
    page.locator("#shell-nav-configuration").click()
    expect(field(page, "job.ebsMountPath")).to_have_value("/mnt/other")
    page.locator("#configuration-bar [data-want=discard]").click()
    dialog = page.locator("#configuration-ask-box")
    expect(dialog).to_contain_text("Mount path: /mnt/other, back to /mnt/mmab")
    page.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(field(page, "job.ebsMountPath")).to_have_value("/mnt/other")
    page.locator("#configuration-bar [data-want=discard]").click()
    page.locator("#configuration-ask-do").click()
    expect(field(page, "job.ebsMountPath")).to_have_value("/mnt/mmab")
    expect(page.locator("#configuration-bar")).to_be_hidden()


def test_a_refused_edit_by_hand_is_told_until_it_is_corrected(server: LiveServer, open_page: OpenPage) -> None:
    page = open_form(open_page, server)
    good = config_text(server)
    (server.data_dir / "config.yaml").write_text(good + "ckpt:\n  ckptIntervall: 20m\n")
    standing = page.locator("#configuration-standing")
    expect(standing).to_contain_text("refused")
    expect(standing).to_contain_text("the nearest is ckpt.ckptInterval")
    (server.data_dir / "config.yaml").write_text(good + "ckpt:\n  ckptInterval: 20m\n")
    expect(standing).to_be_empty()
    expect(page.locator("#configuration-news")).to_contain_text("edited by hand saved version 2")
    assert in_force(server)["ckpt"]["ckptInterval"] == "20m0s"


def test_who_obeys_is_shown_and_who_does_not_comes_first(server: LiveServer, open_page: OpenPage) -> None:
    for node in ("i-1", "i-2"):
        with urlopen(f"{server.url}/api/v1/config?node={node}", timeout=30):  # noqa: S310 - our own server
            pass
    put(server, node__ttl="8m")
    with urlopen(f"{server.url}/api/v1/config?node=i-1", timeout=30):  # noqa: S310 - our own server
        pass
    page = open_form(open_page, server)
    panel = page.locator("#configuration-obedience")
    expect(panel.locator("tbody tr").nth(0)).to_contain_text(re.compile(r"i-2.*1 ▲ other"))
    expect(panel.locator("tbody tr").nth(1)).to_contain_text(re.compile(r"i-1.*2 in force"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_telephone_shows_the_form_without_scrolling_sideways(
    shared: LiveServer, open_page: OpenPage, theme: str
) -> None:
    page = open_form(open_page, shared, size=NARROW, theme=theme)
    field(page, "node.ttl").fill("7m")
    expect(page.locator("#configuration-bar")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_label("Reset Counts as gone after to its default").click()
    expect(page.locator("#configuration-bar")).to_be_hidden()


def test_a_new_address_waits_until_the_restart_button_is_pressed(
    start_server: Callable[..., LiveServer], chromium: Browser
) -> None:
    server, url = start_server(QUICK, by_config=True), f"http://127.0.0.1:{free_port()}"
    # A window of its own without the console check: the browser itself reports what fails while the server is away.
    with chromium.new_page() as page:
        page.goto(f"{server.url}/configuration")
        expect(note(page, "addr")).to_contain_text("Default http://127.0.0.1:8080; differs")
        field(page, "addr").fill(url)
        expect(review(page)).to_contain_text("addr: takes effect at the next restart.")
        save(page, 2)
        standing = page.locator("#configuration-standing")
        expect(standing).to_contain_text(f"{server.url} → {url}")
        expect(standing).to_contain_text(f"The server then answers at {url}.")
        assert in_force(server)["addr"] == url
        standing.get_by_role("button", name="Restart now").click()
        expect(page.locator("#configuration-ask-box")).to_contain_text("Restart the server?")
        page.locator("#configuration-ask-do").click()
        wait_until_up(url, server.process, server.data_dir / "process.log")
        page.goto(f"{url}/configuration")
        expect(field(page, "addr")).to_have_value(url)
        expect(page.locator("#configuration-scope")).to_contain_text("Version 2,")
        expect(standing).to_be_empty()


def test_one_section_stands_at_a_time_with_what_is_changed_before_all(server: LiveServer, open_page: OpenPage) -> None:
    put(server, node__ttl="6m")
    page = open_page(f"{server.url}/configuration")
    fields = page.locator("#configuration-form .configuration-field:visible")
    marked = page.locator(".configuration-index a[aria-current]")
    expect(marked).to_have_text(re.compile("Changed keys"))
    expect(fields).to_have_count(2)
    expect(page.locator("#configuration-row-node-ttl")).to_be_visible()
    expect(page.locator("#configuration-row-dashboard-refresh")).to_be_visible()
    expect(page.locator('.configuration-index a[href$="-nodes"]')).to_have_text("Worker nodes1")
    page.locator(".configuration-index").get_by_text("Checkpoint", exact=True).click()
    expect(marked).to_have_text("Checkpoint")
    expect(fields).to_have_count(len(SECTIONS[0].titles))
    page.locator("#configuration-field-ckpt-ckptInterval").fill("soon")
    expect(page.locator('.configuration-index a[href$="-checkpoint"]')).to_have_text("Checkpoint▲")
    page.get_by_label("Reset Interval to its default").click()
    page.locator("#configuration-search").fill("heartbeat")
    expect(page.locator("#configuration-row-node-heartbeat")).to_be_visible()
    assert 0 < fields.count() < len(SECTIONS[0].titles)
    page.locator("#configuration-search").fill("no such key at all")
    expect(page.get_by_text("No key fits.")).to_be_visible()
    page.locator(".configuration-index").get_by_text("History", exact=True).click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(fields).to_have_count(0)
    page.go_back()
    expect(fields).to_have_count(len(SECTIONS[0].titles))
