"""Where the server stands: a refused edit by hand, what waits for a restart, who obeys, what was changed before."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.config import ConfigRefused
from mmbatch_dash.domain.units import format_age, format_instant
from mmbatch_dash.pages.configuration.box import build_box
from mmbatch_dash.pages.configuration.difference import build_changes
from mmbatch_dash.pages.configuration.form import shown
from mmbatch_dash.services.applying import Pending
from mmbatch_dash.services.obedience import Client, Obeys
from mmbatch_dash.store.config.history import Change

MOST_CLIENTS = 100
MOST_CHANGES = 50
ORIGINS = {"page": "page", "api": "API", "cli": "command line", "file": "file", "start": "first start"}


def build_refused(problem: ConfigRefused) -> Component:
    """The banner of a hand edit that was refused."""
    return html.Div(
        [
            html.Strong("config.yaml was edited by hand and refused. The last good configuration stays in force."),
            *(html.Span(sentence, className="configuration-sentence") for sentence in problem.sentences),
            html.Span("Correct the file, or restore a version below. Until then nothing can be saved here."),
        ],
        className="problem configuration-banner",
        role="alert",
    )


def build_pending(pending: Sequence[Pending], *, may_restart: bool, new_address: str) -> Component:
    """What waits for a restart, with the button that does it where that can be done."""
    told = [
        html.Span([html.Code(one.key), f" {shown(one.key, one.running)} → {shown(one.key, one.configured)}"])
        for one in pending
    ]
    where = [html.Span(f"The server then answers at {new_address}.")] if new_address else []
    button = (
        [html.Button("Restart now", className="button", **{"data-want": "restart"})]
        if may_restart
        else [html.Span("Restart the server to apply it.")]
    )
    return html.Div(
        [html.Strong("Waiting for a restart."), *told, *where, *button],
        className="notice configuration-banner",
        role="status",
    )


def build_news(version: int, who: str) -> Component:
    """Somebody else saved while this form was open."""
    return html.Div(
        [
            html.Strong(f"{who} saved version {version} while this form was open."),
            html.Span("Your changes stay here. Saving shows both values first."),
            html.Button("Load what is in force", className="button", **{"data-want": "reload"}),
        ],
        className="notice configuration-banner",
        role="status",
    )


def build_obedience(obeys: Obeys, zone: ZoneInfo, now: datetime) -> list[Component]:
    """How many have what is in force, and a table that begins with those who have not."""
    if not obeys.clients:
        return [
            html.P(
                "Nobody has fetched the configuration yet. Worker nodes poll /api/v1/config and name themselves "
                "with the header X-Node-Id or the parameter node.",
                className="panel-empty",
            )
        ]
    facts = [
        html.Span([html.Strong(f"{obeys.obeying:,}"), f" of {len(obeys.clients):,} have version {obeys.version}"]),
        html.Span([html.Strong(f"{obeys.behind:,}"), " have another"], className="is-behind" if obeys.behind else ""),
        html.Span([html.Strong(f"{obeys.silent:,}"), " silent for longer than node.ttl"]),
    ]
    titles = ("Node or client", "Known by", "Version", "Since", "Last asked")
    head = html.Tr([html.Th(text, scope="col") for text in titles])
    rows = [_build_client(client, obeys, zone, now) for client in obeys.clients[:MOST_CLIENTS]]
    caption = "Those with another version first."
    if len(obeys.clients) > MOST_CLIENTS:
        caption += f" The first {MOST_CLIENTS} of {len(obeys.clients):,}; all are at /api/v1/config/obedience."
    table = html.Table(
        [html.Caption(caption), html.Thead(head), html.Tbody(rows)], className="data-table configuration-table"
    )
    return [
        html.P(facts, className="configuration-facts"),
        build_box(table, "Who obeys"),
    ]


def build_history(changes: Sequence[Change], zone: ZoneInfo, *, may_change: bool) -> list[Component]:
    """Accepted changes, newest first, with what each changed."""
    titles = ("Version", "When", "Who", "From", "What", "State")
    head = html.Tr([html.Th(text, scope="col") for text in titles])
    rows = [
        _build_change(change, zone, "in force" if place == 0 else _build_restore(change) if may_change else "")
        for place, change in enumerate(changes[:MOST_CHANGES])
    ]
    caption = f"{len(changes):,} accepted."
    if len(changes) > MOST_CHANGES:
        caption = f"The newest {MOST_CHANGES} of {len(changes):,}; `config history` prints all."
    table = html.Table(
        [html.Caption(caption), html.Thead(head), html.Tbody(rows)],
        className="data-table configuration-table configuration-history",
    )
    return [build_box(table, "History")]


def _build_client(client: Client, obeys: Obeys, zone: ZoneInfo, now: datetime) -> Component:
    obeying = obeys.is_current(client)
    version = [str(client.version), html.Span(" in force" if obeying else " ▲ other", className="configuration-word")]
    return html.Tr(
        [
            html.Th(client.name, scope="row"),
            html.Td(client.named.value),
            html.Td(version),
            html.Td(format_instant(client.since.astimezone(zone))),
            html.Td(f"{format_age(now - client.seen_at)} ago", title=format_instant(client.seen_at.astimezone(zone))),
        ],
        className="" if obeying else "is-behind",
    )


def _build_restore(change: Change) -> Component:
    wish = {"data-want": "restore", "data-version": str(change.version)}
    name = {"aria-label": f"Restore version {change.version}"}
    return html.Button("Restore", className="button configuration-small", **wish, **name)


def _build_change(change: Change, zone: ZoneInfo, last: Component | str) -> Component:
    what: list[Component | str] = []
    if change.restored:
        what.append(html.Span(f"Version {change.restored} again."))
    if change.diff:
        what.append(build_changes(change.diff))
    if not what:
        what.append("As shipped" if change.origin.value == "start" else "Comments only")
    return html.Tr(
        [
            html.Th(str(change.version), scope="row"),
            html.Td(html.Time(format_instant(change.at.astimezone(zone)), dateTime=change.at.isoformat())),
            html.Td(change.who),
            html.Td(ORIGINS.get(change.origin.value, change.origin.value)),
            html.Td(what, className="configuration-what"),
            html.Td(last),
        ]
    )
