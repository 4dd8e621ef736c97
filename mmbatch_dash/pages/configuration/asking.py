"""What is asked before it is done: discarding changes, restoring a version, restarting the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.config import KEYS, ConfigRefused
from mmbatch_dash.domain.errors import NotFound, StoreUnavailable
from mmbatch_dash.pages.configuration.difference import build_difference, build_problems
from mmbatch_dash.pages.configuration.form import shown_held
from mmbatch_dash.pages.configuration.sections import TITLES
from mmbatch_dash.services import Services
from mmbatch_dash.store.config.history import Origin


@dataclass(frozen=True, slots=True)
class Question:
    """What the dialog asks.

    Attributes:
        title: the question.
        body: what it is about.
        answer: what the button says; empty where there is nothing to agree to.
    """

    title: str
    body: list[Component] = field(default_factory=list)
    answer: str = ""


def ask(services: Services, wish: Mapping[str, Any], draft: Mapping[str, Any] | None) -> Question:
    """The question of a wish."""
    if wish["want"] == "restore":
        return _ask_restore(services, int(wish["version"]))
    if wish["want"] == "restart":
        text = "Pages and nodes wait a few seconds. Events that arrive meanwhile are refused and sent again by agents."
        return Question("Restart the server?", [html.P(text)], "Restart")
    values = (draft or {}).get("values") or {}
    base = (draft or {}).get("base") or {}
    lost = [
        html.Li([html.Strong(TITLES[name]), f": {shown_held(name, held)}, back to {shown_held(name, base[name])}"])
        for name, held in values.items()
        if name in KEYS
    ]
    return Question("Discard your changes?", [html.Ul(lost)], "Discard")


def _ask_restore(services: Services, version: int) -> Question:
    change = next((one for one in services.config.history() if one.version == version), None)
    if change is None:
        return Question("There is no such version")
    body = [build_difference(services.config.state().text, change.text)]
    return Question(f"Restore version {version}?", body, "Restore")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an answer.

    Attributes:
        told: the sentence the page shows; empty where the dialog stays open.
        question: what the dialog shows instead.
    """

    told: str = ""
    question: Question | None = None


def act(services: Services, wish: Mapping[str, Any], who: str) -> Outcome:
    """Does what was agreed to."""
    if wish["want"] == "restart":
        services.applying.restart()
        return Outcome("The server restarts. This page goes on when it answers again.")
    if wish["want"] == "restore":
        version = int(wish["version"])
        try:
            services.config.restore(version, who=who, origin=Origin.PAGE)
        except ConfigRefused as error:
            return Outcome(question=Question("Not restored", [build_problems(error.sentences)]))
        except (NotFound, StoreUnavailable) as error:
            return Outcome(question=Question("Not restored", [build_problems([str(error)])]))
        return Outcome(f"Version {version} is in force again, as version {services.config.version}.")
    return Outcome("Your changes are discarded.")
