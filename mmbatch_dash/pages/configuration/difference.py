"""What a save would change, as people read it: the YAML before and after, line by line."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.config import KEYS, Problem
from mmbatch_dash.domain.units import format_count
from mmbatch_dash.pages.configuration.form import mask, shown

CONTEXT_LINES = 2


def build_difference(before: str, after: str) -> Component:
    """The lines of config.yaml that change, with a few around them; secrets are masked."""
    old, new = mask(before).splitlines(), mask(after).splitlines()
    lines = list(
        difflib.unified_diff(old, new, "config.yaml before", "config.yaml after", lineterm="", n=CONTEXT_LINES)
    )
    if not lines:
        return html.P("Not a line of config.yaml that is shown would change.", className="configuration-words")
    return html.Pre(
        [html.Span(f"{line}\n", className=_class_of(line)) for line in lines[2:]],
        className="configuration-diff",
        tabIndex=0,
        **{"aria-label": "Lines of config.yaml: − before, + after"},
    )


def build_changes(diff: Mapping[str, Sequence[Any]]) -> Component:
    """Key: before → after, one a line."""
    return html.Ul(
        [
            html.Li([html.Code(name), f" {_shown(name, before)} → ", html.Strong(_shown(name, after))])
            for name, (before, after) in diff.items()
        ],
        className="configuration-changes",
    )


def build_consequences(diff: Mapping[str, Sequence[Any]], warnings: Sequence[Problem]) -> list[Component]:
    """What is doubtful about a change, and what of it waits for a restart."""
    parts: list[Component] = [html.P(one.sentence, className="configuration-doubt") for one in warnings]
    waiting = [name for name in diff if name in KEYS and KEYS[name].marks.restart]
    if waiting:
        parts.append(
            html.P(f"{', '.join(waiting)}: takes effect at the next restart.", className="configuration-doubt")
        )
    return parts


def build_reach(clients: int) -> Component:
    """Who takes up what is saved, said before it is."""
    if not clients:
        return html.P("Nothing fetches this configuration yet.", className="configuration-words")
    them = "1 node or client fetches" if clients == 1 else f"{format_count(clients)} nodes and clients fetch"
    said = f"{them} this configuration and will take up the change; Who obeys tells which have."
    return html.P(said, className="configuration-words")


def build_problems(sentences: Sequence[str]) -> Component:
    """Why nothing was saved."""
    return html.Div(
        [html.Strong("Nothing was saved."), *(html.P(text, className="configuration-wrong") for text in sentences)],
        role="alert",
    )


def _shown(name: str, value: Any) -> str:
    # A key of an earlier release may be in an old difference.
    return shown(name, value) if name in KEYS else str(value)


def _class_of(line: str) -> str:
    return {"+": "line-added", "-": "line-removed", "@": "line-place"}.get(line[:1], "line-kept")
