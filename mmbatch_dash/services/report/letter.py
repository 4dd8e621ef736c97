"""The report as a letter: plain text, and HTML that mail programs show."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

_CELL = 'style="padding:4px 12px 4px 0;border-bottom:1px solid #ddd;text-align:left"'
_NOTE = 'style="color:#5a5a5a;font-size:13px"'


def title_of(said: dict[str, Any]) -> str:
    """One line: the period and its headline."""
    return f"{'Simulated: ' if said['simulated'] else ''}{said['title']}: {said['sentence']}"


def as_text(said: dict[str, Any], url: str) -> str:
    """The letter as plain text."""
    lines = [title_of(said), said["scope"], ""]
    for card in said["cards"]:
        note = f" ({card['note']})" if card["note"] else ""
        lines += [f"{card['label']}: {card['value']}{note}"]
    for head, found in _parts(said):
        lines += ["", head, *(f"- {line}" for line in found)]
    return "\n".join([*lines, "", said["foot"], url])


def as_html(said: dict[str, Any], url: str) -> str:
    """The letter as HTML without anything that has to be fetched."""
    cards = "".join(
        f"<tr><td {_CELL}>{escape(card['label'])}</td><td {_CELL}><b>{escape(card['value'])}</b></td>"
        f"<td {_CELL}>{escape(card['note'])}</td></tr>"
        for card in said["cards"]
    )
    simulated = "<p><b>Simulated data</b></p>" if said["simulated"] else ""
    parts = "".join(f"<h2>{escape(head)}</h2>{_list(found)}" for head, found in _parts(said))
    return (
        f'<html><body style="font-family:sans-serif;color:#222"><h1>{escape(said["title"])}</h1>{simulated}'
        f"<p {_NOTE}>{escape(said['scope'])}</p><p>{escape(said['sentence'])}</p>"
        f'<table style="border-collapse:collapse">{cards}</table>{parts}'
        f'<p {_NOTE}>{escape(said["foot"])}</p><p><a href="{escape(url)}">{escape(url)}</a></p></body></html>'
    )


def _parts(said: dict[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    if said["budgets"]:
        yield "Budgets", said["budgets"]
    yield "What insight advises", said["advice"] or ["Nothing to change, or too little is known to advise."]
    yield "What broke", said["broke"] or [f"No alert was open in this {said['noun']}."]


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
