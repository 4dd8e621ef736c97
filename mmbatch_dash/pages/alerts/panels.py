"""What fills the page Alerts: tables of incidents, budgets, rules and silences."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.alerts.budgets import Spent
from mmbatch_dash.domain.alerts.figures import Over
from mmbatch_dash.domain.alerts.incidents import Incident, Silence, Told
from mmbatch_dash.domain.config.alert_rules import Rule
from mmbatch_dash.domain.periods import Period
from mmbatch_dash.domain.units import format_age, format_duration, format_instant, format_usd
from mmbatch_dash.metrics.alerts import show
from mmbatch_dash.pages.left_out import describe_cut
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.services.report.digest import Sent

MOST_SHOWN = 100


def build_open(incidents: Sequence[Incident], silences: Sequence[Silence], zone: ZoneInfo, now: datetime) -> Component:
    """What is wrong now, with who was told."""
    if not incidents:
        return html.P("Nothing is wrong by any rule.", className="panel-empty")
    heads = (Head("Rule"), Head("What is wrong", narrow=True), Head("Since"), Head("Told"))
    rows = [
        [
            (one.rule, ""),
            (one.said, ""),
            _time(one.since, zone, f" ({format_age(now - one.since)})"),
            _told(one.told, silenced=any(silence.fits(one, now) for silence in silences)),
        ]
        for one in incidents
    ]
    return build_table(heads, rows, f"{len(rows)} open", "Incidents under way")


def build_closed(incidents: Sequence[Incident], zone: ZoneInfo) -> Component:
    """What is over, the latest first."""
    if not incidents:
        return html.P("No incident has ended yet.", className="panel-empty")
    heads = (Head("Rule"), Head("What was wrong", narrow=True), Head("Since"), Head("Ended"), Head("Told"))
    rows: list[list[Cell]] = []
    for one in [*reversed(incidents)][:MOST_SHOWN]:
        ended = _time(one.closed_at, zone) if one.closed_at else ("–", "")
        rows.append([(one.rule, ""), (one.said, ""), _time(one.since, zone), ended, _told(one.told, silenced=False)])
    return build_table(heads, rows, f"The latest {len(rows)}", "Incidents that are over")


def build_budgets(budgets: Sequence[Spent]) -> Component:
    """Each budget with what is spent, and when it is gone at this rate."""
    if not budgets:
        return html.P(
            ["No budget is set. One is, with ", html.Code("budgets: {all: {usdPerMonth: 5000}}"), "."],
            className="panel-empty",
        )
    heads = (
        Head("Budget"),
        Head("Spent", numeric=True, narrow=True),
        Head("A month", numeric=True),
        Head("Share", numeric=True, narrow=True),
        Head("At this rate"),
    )
    rows = [
        [
            (one.name, ""),
            (format_usd(one.spent_usd), f"{one.spent_usd:.6f}"),
            (format_usd(one.usd), ""),
            (f"{one.share:.0%}", ""),
            (_outlook(one), ""),
        ]
        for one in budgets
    ]
    return build_table(heads, rows, f"{budgets[0].month_at:%B %Y}", "Budgets")


def _outlook(spent: Spent) -> str:
    if spent.share >= 1:
        return "gone"
    return f"gone on {spent.gone_on:%Y-%m-%d}" if spent.gone_on else "lasts the month"


def build_digest(latest: Period, standing: Mapping[str, Sent], zone: ZoneInfo) -> Component:
    """Who got the latest digest, and who wants it."""
    if not standing:
        return html.P(
            ["Nobody gets it. A channel does, with ", html.Code("alerts: {digestTo: [mail]}"), "."],
            className="panel-empty",
        )
    heads = (Head("Channel"), Head("Latest"), Head("Told"), Head("Last error", narrow=True))
    rows: list[list[Cell]] = [
        [
            (channel, ""),
            (latest.title, latest.name),
            _time(sent.at, zone) if sent.at else ("not yet", ""),
            (sent.error or "–", ""),
        ]
        for channel, sent in standing.items()
    ]
    return build_table(heads, rows, latest.every.value.capitalize(), "Digest")


def build_rules(
    rules: Sequence[Rule], tell: Sequence[str], now: datetime, removed_before: datetime | None = None
) -> Component:
    """Every rule in force.

    Args:
        rules: in order.
        tell: channels of rules that name none.
        now: end of their windows.
        removed_before: time before which jobs that ended are in no list any more.
    """
    heads = (Head("Rule"), Head("Wrong when", narrow=True), Head("By"), Head("Tells"))
    rows = [
        [
            (rule.name, "Shipped" if rule.shipped else "Of the configuration"),
            (_describe(rule, now, removed_before), ""),
            (str(rule.by) if rule.by else "all", ""),
            (", ".join(rule.channels or tell) or "nobody yet", ""),
        ]
        for rule in rules
    ]
    return build_table(heads, rows, f"{len(rows)} rules", "Rules in force")


def _describe(rule: Rule, now: datetime, removed_before: datetime | None) -> Component:
    counts_parts = rule.figure.over is Over.OBSERVED or rule.figure.name.startswith(("checkpoints.", "restores."))
    said = describe_cut(now - rule.window, removed_before) if rule.window and counts_parts else ""
    cut = [html.Br(), html.Em(said)] if said else []
    return html.Span([rule.figure.about, html.Br(), html.Code(_condition(rule)), *cut])


def _condition(rule: Rule) -> str:
    bound = f"under {show(rule.figure, rule.below)}" if rule.below is not None else ""
    bound = bound or f"over {show(rule.figure, rule.above)}"
    window = f" in {format_duration(rule.window.total_seconds())}" if rule.window else ""
    tried = f", of {rule.min_tried} tries or more" if rule.figure.tries else ""
    held = f", for {format_duration(rule.held.total_seconds())}" if rule.held else ""
    return f"{rule.figure.name} {bound}{window}{tried}{held}"


def build_silences(silences: Sequence[Silence], zone: ZoneInfo) -> Component | None:
    """The silences in force."""
    if not silences:
        return None
    heads = (Head("Silenced"), Head("Until", narrow=True), Head("By"), Head("Why"))
    rows = [
        [(silence_name(one), ""), _time(one.until, zone), (one.made_by, ""), (one.note or "–", "")] for one in silences
    ]
    return build_table(heads, rows, f"{len(rows)} in force", "Silences")


def silence_name(silence: Silence) -> str:
    """What a silence is of."""
    return " · ".join(part for part in (silence.rule or "every rule", silence.group) if part)


def _time(at: datetime, zone: ZoneInfo, more: str = "") -> Cell:
    return f"{format_instant(at.astimezone(zone), seconds=False)}{more}", at.isoformat()


def _told(told: Mapping[str, Told], *, silenced: bool) -> Cell:
    if silenced:
        return "silenced", ""
    if not told:
        return "nobody: no channel", "Name one in alerts.tell or in the rule"
    said = [f"{channel}: {_word(one)}" for channel, one in told.items()]
    return "; ".join(said), "; ".join(one.error for one in told.values() if one.error)


def _word(told: Told) -> str:
    if told.skipped:
        return "not told"
    if told.error:
        return f"not taken after {told.tries} {'try' if told.tries == 1 else 'tries'}"
    return "told of the end" if told.ended_at else "told" if told.began_at else "being told"
