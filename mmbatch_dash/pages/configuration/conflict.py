"""Somebody else saved since the form was opened: what they set, beside what this form would set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.pages.configuration.box import build_box
from mmbatch_dash.pages.configuration.form import changed, shown_held


@dataclass(frozen=True, slots=True)
class Conflict:
    """What changed under an open form.

    Attributes:
        opened_at: version the form was opened at.
        version: in force now.
        who: saved last.
        rows: key, what it held when opened, what is in force now, what this form would set; None where it sets nothing.
    """

    opened_at: int
    version: int
    who: str
    rows: tuple[tuple[str, Any, Any, Any], ...]

    @property
    def touches(self) -> bool:
        """Whether a key of this form is among what somebody else changed."""
        return any(mine is not None for *_, mine in self.rows)


def find_conflict(
    opened: Mapping[str, Any], mine: Mapping[str, Any], now: Mapping[str, Any], version: int, who: str
) -> Conflict:
    """What somebody else changed, beside the changes of this form.

    Args:
        opened: version and base of the form.
        mine: key → what this form would set.
        now: what controls would hold for the configuration in force.
        version: in force.
        who: saved it.
    """
    base = opened["base"]
    theirs = changed(now, base)
    rows = tuple((name, base[name], value, mine.get(name)) for name, value in theirs.items())
    return Conflict(opened["version"], version, who, rows)


def build_conflict(conflict: Conflict) -> Component:
    """Both values of each key, and what can be done."""
    head = html.Tr([html.Th(text, scope="col") for text in ("Key", "When you opened it", "Now in force", "Yours")])
    rows = [
        html.Tr(
            [
                html.Th(html.Code(name), scope="row"),
                html.Td(shown_held(name, was)),
                html.Td(shown_held(name, now)),
                html.Td("not changed by you" if mine is None else html.Strong(shown_held(name, mine))),
            ],
            className="" if mine is None else "is-conflict",
        )
        for name, was, now, mine in conflict.rows
    ]
    return html.Div(
        [
            html.P(
                f"{conflict.who} saved version {conflict.version} after you opened version {conflict.opened_at}. "
                "Nothing of theirs is overwritten unless you say so.",
                className="configuration-doubt",
            ),
            build_box(
                html.Table(
                    [html.Caption("What changed under this form"), html.Thead(head), html.Tbody(rows)],
                    className="data-table configuration-table",
                ),
                "What changed under this form",
            ),
        ]
    )
