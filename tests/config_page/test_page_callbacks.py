"""The page's callbacks, through Dash's own endpoint, over a real configuration."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask
import pytest

from mmbatch_dash.domain.config import KEYS, to_text
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.identity import CallerKind, Identity, Right
from mmbatch_dash.pages.configuration import PAGE
from mmbatch_dash.pages.configuration.controls import value_prop
from mmbatch_dash.pages.configuration.form import form_of
from mmbatch_dash.pages.configuration.ids import field_id, note_id
from mmbatch_dash.pages.shell import create_dash
from mmbatch_dash.services.applying import Applying
from mmbatch_dash.services.obedience import Obedience
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.documents.files import FileDocuments
from tests.config.test_every_door import INVALID
from tests.pages.conftest import Browser, dump, text_of
from tests.pages.fakes import FakeReports, FakeServices, small_dashboard

NEVER_ASKED: dict[str, Any] = {"accounts": [], "every_seconds": 0, "running": False}
ALICE = Identity("alice", CallerKind.LOCAL, frozenset({Right.READ, Right.ADMIN}))
CHARLIE = Identity("charlie", CallerKind.LOCAL, frozenset({Right.READ}))


def typed(name: str) -> bool:
    """Whether a control of the key can hold any text."""
    return name in KEYS and KEYS[name].kind not in (Kind.BOOL, Kind.LIST, Kind.MAP)


@dataclass
class Services(FakeServices):
    config: Any = None
    obedience: Any = None
    applying: Any = None
    sync: Any = field(default_factory=lambda: SimpleNamespace(describe=lambda: NEVER_ASKED))


@dataclass
class Desk:
    """Somebody at the page."""

    browser: Browser
    store: ConfigStore
    opened: dict[str, Any] = field(default_factory=dict)

    def open(self, draft: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.browser.call(
            "configuration-opened", "data", **{"configuration-kept.data": {"draft": draft, "at": 1}}
        )
        self.opened = answer["configuration-opened"]["data"]
        return answer

    def judge(self, **changes: Any) -> dict[str, Any]:
        form = {**self.opened["base"], **changes}
        values = {f"{field_id(name)}.{value_prop(key)}": form[name] for name, key in KEYS.items()}
        return self.browser.call(
            "configuration-changes", "data", **values, **{"configuration-opened.data": self.opened}
        )

    def press(self, button: str, draft: Any = None, plan: Any = None) -> dict[str, Any]:
        return self.browser.call(
            "configuration-plan",
            "data",
            **{
                f"configuration-{button}.n_clicks": 1,
                "configuration-changes.data": draft,
                "configuration-plan.data": plan,
            },
        )


@pytest.fixture
def sit(tmp_path: Path) -> Callable[..., Desk]:
    def take(identity: Identity = ALICE, environ: dict[str, str] | None = None) -> Desk:
        store = ConfigStore(tmp_path, environ=environ or {})
        obedience = Obedience(
            FileDocuments(tmp_path),
            lambda _queue: (store.etag, store.version),
            lambda: timedelta(minutes=5),
            lambda: datetime.now(UTC),
        )
        reports = FakeReports(lambda selection, _engineering: small_dashboard(selection))
        services = Services(
            reports, config=store, obedience=obedience, applying=Applying(store.current, obedience, tmp_path)
        )
        server = flask.Flask("test")

        @server.before_request
        def name_caller() -> None:
            flask.g.identity, flask.g.who = identity, identity.who

        app = create_dash(server, services, pages=(PAGE,))
        return Desk(Browser(app, reports, server.test_client()), store)

    return take


def test_the_page_comes_with_what_is_in_force_and_marks_what_differs(sit: Callable[..., Desk]) -> None:
    desk = sit(CHARLIE)
    desk.store.apply({"node.ttl": "6m"}, who="alice", origin="api")
    answer = desk.browser.call("shell-content", "children", **{"shell-location.pathname": "/configuration"})
    page = dump(answer["shell-content"]["children"])
    assert '"value": "6m"' in page
    assert page.count("is-differing") == 1
    assert "Version 2, from" in page
    assert "Only admins change it." in page


def test_the_form_opens_with_what_is_in_force(sit: Callable[..., Desk]) -> None:
    desk = sit()
    desk.store.apply({"node.ttl": "9m", "job.customTags": {"a": "b"}}, who="Bob", origin="api")
    answer = desk.open()
    assert answer[field_id("node.ttl")]["value"] == "9m"
    assert answer[field_id("job.customTags")]["data"] == [["a", "b"]]
    assert desk.opened == {"version": 2, "base": form_of(desk.store.current())}


def test_a_key_that_the_environment_sets_is_shown_as_such_and_not_editable(sit: Callable[..., Desk]) -> None:
    desk = sit(environ={"MMBATCH_DASH__NODE__TTL": "9m"})
    answer = desk.open()
    assert answer[field_id("node.ttl")]["value"] == "9m"
    assert answer["configuration-box-node-ttl"]["disabled"] is True
    assert answer["configuration-box-node-heartbeat"]["disabled"] is False
    assert "MMBATCH_DASH__NODE__TTL" in text_of(desk.judge()[note_id("node.ttl")]["children"])


def test_a_reader_sees_everything_and_can_change_nothing(sit: Callable[..., Desk]) -> None:
    desk = sit(CHARLIE)
    answer = desk.open()
    assert all(answer[f"configuration-box-{name.replace('.', '-')}"]["disabled"] for name in KEYS)
    assert "Only admins" in answer["configuration-scope"]["children"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (changes, sentence)
        for changes, sentence in INVALID
        # Files, pools and the server's own id are tried at the review; these are what the values say themselves.
        if len(changes) == 1 and "cannot be" not in sentence and "id" not in changes and typed(*changes)
    ],
)
def test_every_invalid_value_gets_the_sentence_of_every_other_door(
    sit: Callable[..., Desk], changes: dict[str, Any], sentence: str
) -> None:
    [(name, value)] = changes.items()
    desk = sit()
    desk.open()
    answer = desk.judge(**{name: to_text(value)})
    key = sentence.partition(":")[0]
    assert sentence in text_of(answer[note_id(key)]["children"])
    assert answer["configuration-review"]["disabled"] is True
    assert answer["configuration-bar"]["hidden"] is False


def test_a_save_shows_the_difference_and_is_in_the_history_under_the_callers_name(sit: Callable[..., Desk]) -> None:
    desk = sit()
    desk.open()
    draft = desk.judge(**{"ckpt.ckptInterval": "90s"})["configuration-changes"]["data"]
    shown = desk.press("review", draft)
    assert "-  ckptInterval: 15m" in text_of(shown["configuration-review-body"]["children"])
    assert "EC2 gives 2m0s" in dump(shown)
    assert desk.store.version == 1
    saved = desk.press("confirm", draft, shown["configuration-plan"]["data"])
    assert saved["configuration-signal"]["data"]["told"] == "Saved as version 2."
    change = desk.store.history()[0]
    assert (change.who, change.origin, dict(change.diff)) == (
        "local:alice",
        "page",
        {"ckpt.ckptInterval": ("15m0s", "1m30s")},
    )


def test_a_save_between_review_and_consent_is_not_overwritten(sit: Callable[..., Desk]) -> None:
    desk = sit()
    desk.open()
    draft = desk.judge(**{"node.ttl": "7m"})["configuration-changes"]["data"]
    plan = desk.press("review", draft)["configuration-plan"]["data"]
    desk.store.apply({"node.ttl": "9m"}, who="Bob", origin="api")
    answer = desk.press("confirm", draft, plan)
    assert "changed by somebody else" in text_of(answer["configuration-review-body"]["children"])
    assert answer["configuration-keep-mine"]["hidden"] is False
    assert str(desk.store.current().node.ttl) == "9m0s"


def test_a_change_of_other_keys_by_somebody_else_is_shown_and_kept(sit: Callable[..., Desk]) -> None:
    desk = sit()
    desk.open()
    draft = desk.judge(**{"node.ttl": "7m"})["configuration-changes"]["data"]
    desk.store.apply({"log.level": "error"}, who="Bob", origin="api")
    shown = desk.press("review", draft)
    assert "Bob saved version 2" in dump(shown)
    desk.press("confirm", draft, shown["configuration-plan"]["data"])
    assert (desk.store.current().log.level, str(desk.store.current().node.ttl)) == ("error", "7m0s")


def test_a_draft_kept_by_the_browser_comes_back_on_the_version_it_was_begun_on(sit: Callable[..., Desk]) -> None:
    desk = sit()
    desk.open()
    draft = desk.judge(**{"node.ttl": "7m"})["configuration-changes"]["data"]
    desk.store.apply({"node.ttl": "9m"}, who="Bob", origin="api")
    answer = desk.open(draft)
    assert answer[field_id("node.ttl")]["value"] == "7m"
    assert desk.opened["version"] == 1
    assert desk.press("review", draft)["configuration-keep-mine"]["hidden"] is False


def test_what_the_world_refuses_is_told_at_the_review(sit: Callable[..., Desk]) -> None:
    desk = sit()
    desk.open()
    changes = {"security.certFile": "/no/chain", "security.keyFile": "/no/key"}
    draft = desk.judge(**changes)["configuration-changes"]["data"]
    shown = desk.press("review", draft)
    sentence = "security.certFile: cannot be read: /no/chain: No such file or directory"
    assert sentence in text_of(shown["configuration-review-body"]["children"])
    assert shown["configuration-confirm"]["hidden"] is True
