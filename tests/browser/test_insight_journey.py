"""From advice to its effect: read it, open the evidence, apply it, see it polled, see what it did."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveServer

pytestmark = pytest.mark.browser

SPOT = {"instance_type": "m5.2xlarge", "availability_zone": "us-east-1a", "purchase_option": "spot"}


def event(kind: str, at: datetime, job: str, **data: Any) -> dict[str, Any]:
    told = {"job_id": job, "attempt": 1, **data}
    name = f"{kind}/{job}/{at.isoformat()}"
    return {
        "specversion": "1.0",
        "id": name,
        "source": "tests",
        "type": f"mmbatch.{kind}",
        "time": at.isoformat(),
        "data": told,
    }


def job(name: str, at: datetime, seconds: float, *, every: float = 300.0, taken: bool = False) -> list[dict[str, Any]]:
    """A job of one attempt with a checkpoint of a minute after each `every` seconds."""
    instance = f"i-{name}"
    placed = {"queue": "align", "vcpus": 8, **SPOT, "usd_per_hour": 0.15, "instance_id": instance}
    events = [event("job.started", at, name, **placed)]
    for number in range(1, int(seconds // every)):
        begun = at + timedelta(seconds=number * every)
        told = {"checkpoint_id": f"{name}-{number}", "taken_at": begun.isoformat(), "duration_seconds": 60.0}
        events.append(event("checkpoint.succeeded", begun + timedelta(seconds=60), name, **told))
    ended = at + timedelta(seconds=seconds)
    if taken:
        events.append(event("job.interrupted", ended, name, reason="reclaimed", instance_id=instance))
    return [*events, event("job.failed" if taken else "job.succeeded", ended, name)]


def test_advice_is_read_doubted_applied_polled_and_held_against_what_came_of_it(
    start_server: Callable[..., LiveServer], open_page: Callable[..., Page]
) -> None:
    expect.set_options(timeout=60_000)
    server = start_server("dashboard:\n  refresh: 1s\n")
    # All on one day: reclaims of several days have another range.
    past = datetime.now(UTC).replace(hour=9) - timedelta(days=5)
    server.post([one for n in range(30) for one in job(f"job-{n}", past, 6000, taken=n % 3 == 0)])
    server.wait_for_jobs(30)

    page = open_page(f"{server.url}/insight")
    row = page.locator(".insight-row")
    expect(row).to_have_attribute("data-verdict", "raise")
    expect(row.locator(".insight-says li").first).to_contain_text("10 reclaims in 50 h: 0.200 an hour, anywhere from")
    expect(row.locator(".insight-says")).to_contain_text("it would save $")
    row.get_by_text("Evidence").click()
    expect(row.locator(".insight-evidence")).to_contain_text("exact Poisson range")

    page.get_by_label("Checkpoints").select_option("1h")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#insight-what-if-result")).to_contain_text("30 jobs, ")
    expect(page.locator("#insight-what-if-result")).to_contain_text("Total EC2 Instance Cost")

    row.get_by_role("link", name="Set this for align").click()
    expect(page.locator("#configuration-count")).to_contain_text("1 unsaved change")
    page.get_by_role("button", name="Review and save").click()
    expect(page.locator("#configuration-review-box")).to_contain_text("align")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#configuration-scope")).to_contain_text("Version 2,")
    with urlopen(f"{server.url}/api/v1/config?queue=align&node=node-1", timeout=30) as answer:  # noqa: S310 - our own server
        polled = json.load(answer)["ckpt"]["ckptInterval"]
    assert polled.startswith("24m"), polled

    time.sleep(2.5)
    now = datetime.now(UTC) - timedelta(seconds=2)
    server.post([one for n in range(6) for one in job(f"later-{n}", now, 1.0)])
    server.wait_for_jobs(36)
    page.goto(f"{server.url}/insight")
    said = page.locator(".insight-applied")
    expect(said).to_contain_text("the interval went from 15 min to 24 min.")
    expect(said).to_contain_text("observed 0.0 % of useful time ($0.00), predicted")
