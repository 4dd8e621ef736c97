"""The page of insight: advice, evidence, and the way to the setting."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from mmbatch_dash.domain.durations import Duration, parse_duration
from mmbatch_dash.pages.configuration.proposal import propose
from mmbatch_dash.pages.insight.rows import configuration_link, short
from mmbatch_dash.pages.insight.what_if import show_replay
from mmbatch_dash.pages.markup import render_markup
from mmbatch_dash.services.insight_applied import Changed, compare, latest_changes
from mmbatch_dash.services.replays import Replay
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.store import ConfigStore
from tests.api.conftest import NOW, Server, event
from tests.insight.test_insight_api import NOW_MINUTES, placed


def test_the_page_comes_with_advice_evidence_and_waiting_in_it(server: Server) -> None:
    events = []
    for number in range(6):
        events += placed("page", f"{number}", f"{number}", NOW_MINUTES - 1000, NOW_MINUTES - 400, how="reclaimed")
        events.append(event("job.submitted", NOW_MINUTES - 1010, job_id=f"page-{number}", queue="page"))
    server.send(events)
    text = server.client.get("/insight?range=all&queue=page").get_data(as_text=True)
    assert "1 without checkpoints lose work worth" in text
    assert "switch checkpoints on." in text
    assert "Take checkpoints" in text
    assert "Set this for page" in text
    assert "exact Poisson range" in text
    assert "10 min" in text  # waiting before the first start


def test_an_empty_selection_says_what_is_needed(server: Server) -> None:
    text = server.client.get("/insight?queue=nobody").get_data(as_text=True)
    assert "No job of this selection ran on Spot." in text


def test_the_link_to_the_setting_fills_in_that_queue_and_leaves_the_others() -> None:
    address = configuration_link("align.eu", {"ckptInterval": "46m"})
    assert address.startswith("/configuration?set=")
    search = re.sub("#.*", "", address).removeprefix("/configuration")
    assert "ckpt.queues.align.eu.ckptInterval=46m" in unquote(search)
    form = {"ckpt.queues": json.dumps({"qc": {"ckptMode": "none"}}), "ckpt.ckptMode": "iterative"}
    filled = propose(search, form)
    assert json.loads(filled["ckpt.queues"]) == {
        "qc": {"ckptMode": "none"},
        "align.eu": {"ckptInterval": "46m"},
    }
    assert filled["ckpt.ckptMode"] == "iterative"


@pytest.mark.parametrize("search", ["", "?set=", "?set=nothing=1", "?set=ckpt.queues=1", "?set=ckpt.queues.x"])
def test_what_proposes_nothing_changes_nothing(search: str) -> None:
    form = {"ckpt.queues": "{}", "ckpt.ckptMode": "iterative"}
    assert propose(search, form) == form


def test_intervals_are_written_as_a_person_would() -> None:
    assert [short(parse_duration(text)) for text in ("46m", "1h", "1h30m", "90s")] == ["46m", "1h", "1h30m", "1m30s"]
    assert short(Duration(20 * 10**9)) == "20s"


def test_the_latest_change_of_a_queue_is_found_whoever_made_it_and_for_whomever(tmp_path: Path) -> None:
    clock = [datetime(2026, 3, 1, tzinfo=UTC)]
    store = ConfigStore(tmp_path, environ={}, trials=(), clock=lambda: clock[0])
    for changes in (
        {"ckpt.ckptInterval": "20m"},
        {"ckpt.queues": {"align": {"ckptInterval": "46m"}}},
        {"node.ttl": "10m"},
        {"ckpt.queues": {"align": {"ckptInterval": "46m"}, "qc": {"ckptMode": "none"}}},
    ):
        clock[0] += timedelta(days=1)
        store.apply(changes, who="alice", origin=Origin.PAGE)
    found = latest_changes(store.history(), ["align", "qc", "other"])
    assert {queue: (one.before_seconds, one.after_seconds, one.at.day) for queue, one in found.items()} == {
        "align": (1200.0, 2760.0, 3),
        "qc": (1200.0, None, 5),
        "other": (900.0, 1200.0, 2),
    }


def test_a_replay_shows_how_far_it_is_and_then_what_was_beside_what_would_have_been() -> None:
    one = Replay("r1", share=0.25)
    name, shown, rests, no_cancel = show_replay(one)
    assert (name, rests, no_cancel) == ("r1", False, False)
    assert "25% done" in render_markup(shown)
    drawn = {"median": 12.5, "low": 11.0, "high": 1234.0}
    one.answer = {"actual": {"cost_usd": 20.0}, "replayed": {"cost_usd": drawn}, "jobs": 1204, "draws": 200}
    name, shown, rests, no_cancel = show_replay(one)
    text = render_markup(shown)
    assert (name, rests, no_cancel) == (None, True, True)
    assert all(said in text for said in ("$20.00", "$12.50", "$11.00 to $1,234.00", "1,204 jobs, 200 draws"))


def test_a_change_nothing_ended_after_says_so() -> None:
    change = Changed("align", NOW - timedelta(days=2), 900.0, 2760.0)
    said = compare(change, None, None, NOW)
    assert said.observed is None
    assert said.says == (
        "On 2026-02-28 18:30 UTC the interval went from 15 min to 46 min. In the 2 d since, too few jobs ended to say "
        "what it did."
    )
