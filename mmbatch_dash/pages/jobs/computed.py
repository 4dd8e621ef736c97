"""A job's figures, each with how it came about: formula, this job's numbers in it, where the rates came from."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.figures import FIGURE, Unit
from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_duration, format_exact, format_figure
from mmbatch_dash.explanations.explained import Explained
from mmbatch_dash.pages.jobs.columns import Reading, format_when
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.services.jobs import JobDetail
from mmbatch_dash.store.queries.rows import Row

_LABELS = {
    **{name: figure.label.removeprefix("Total ") for name, figure in FIGURE.items()},
    "running_cpu_hours": "CPU hours so far",
    "running_cost_usd": "Cost so far of the open attempt",
}
_LEAD = ("cost_usd", "saved_cost_usd", "saved_cpu_hours", "on_demand_savings_usd", "cpu_hours", "lost_seconds")
SOURCES = {
    "reported": "reported by the source of the attempt",
    "spot_history": "spot price history, mean over the attempt",
    "price_list": "price list",
    "event": "observed on-demand price",
    "assumed": "assumed discount from on-demand",
    "free_hour": "free: reclaimed within an hour of its launch",
}
_LONGEST_TERMS = 1_500


def build_figures(detail: JobDetail, reading: Reading) -> list[Component]:
    """The figures, open work of a running job first, then money and hours, then all else; each opens to its formula."""
    order = [
        *(name for name in _LEAD if name in detail.figures),
        *(name for name in detail.figures if name not in _LEAD),
    ]
    items = [_build_item(name, figure, reading) for name, figure in detail.running.items()]
    items += [_build_item(name, detail.figures[name], reading) for name in order]
    return [html.Div(items, className="computed")]


def _build_item(name: str, figure: Explained, reading: Reading) -> Component:
    unit = Unit(figure.unit)
    text = format_figure(figure.value, unit)
    unknown = text == UNKNOWN_TEXT
    value = html.Span(
        text,
        className="computed-value unknown" if unknown else "computed-value",
        title=format_exact(figure.value, unit),
    )
    short = f"unknown: {figure.unknown_because}" if unknown else _clip(figure.computed)
    summary = html.Summary(
        [
            html.Span(_LABELS.get(name, name), className="computed-name"),
            value,
            html.Span(short, className="computed-short"),
        ]
    )
    body: list[Component] = [html.P(FIGURE[name].definition)] if name in FIGURE else []
    body.append(_build_terms("Formula", figure.formula))
    body.append(
        _build_terms("Unknown", str(figure.unknown_because))
        if unknown
        else _build_terms("Here", _clip(figure.computed))
    )
    if figure.rates:
        body.append(_build_rates(figure.rates, reading))
    if steps := figure.inputs.get("steps"):
        body.append(_build_steps(steps, reading))
    return html.Details([summary, html.Div(body, className="computed-body")])


def _build_terms(label: str, text: str) -> Component:
    return html.P([html.Span(label, className="terms-label"), html.Span(text, className="mono terms")])


def _build_rates(rates: Sequence[Row], reading: Reading) -> Component:
    heads = [
        Head("Attempt", narrow=True), Head("Hours", numeric=True), Head("Paid, USD/h", numeric=True, narrow=True),
        Head("Paid rate from", narrow=True), Head("Price of"), Head("On-demand, USD/h", numeric=True),
        Head("On-demand rate from"), Head("Price of"),
    ]  # fmt: skip
    rows = [_rate_row(rate, reading) for rate in rates]
    return build_table(
        heads, rows, "Rates are per instance-hour; “price of” is when the price was set or observed", "Rates"
    )


def _build_steps(steps: Sequence[Row], reading: Reading) -> Component:
    heads = [
        Head("From attempt", narrow=True), Head("New work since"), Head("Carried until"), Head("Into attempt"),
        Head("Work carried", numeric=True, narrow=True),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            (str(step["from_attempt"]), ""),
            format_when(step["fresh_at"], reading),
            format_when(step["carried_until_at"], reading),
            (str(step["into_attempt"]), ""),
            (format_duration(step["carried_seconds"]), format_exact(step["carried_seconds"], Unit.SECONDS)),
        ]
        for step in reversed(steps)
    ]
    return build_table(heads, rows, "What each restore on the way to the latest attempt carried", "Work carried")


def _rate_row(rate: Row, reading: Reading) -> list[Cell]:
    because = rate.get("unknown_because") or ""
    return [
        (str(rate["attempt"]), ""),
        _plain(rate["hours"]),
        _plain(rate["usd_per_hour"], because),
        (SOURCES.get(rate["source"] or "", rate["source"]) or UNKNOWN_TEXT, because),
        format_when(rate["price_at"], reading),
        _plain(rate["on_demand_usd_per_hour"]),
        (SOURCES.get(rate["on_demand_source"] or "", rate["on_demand_source"]) or UNKNOWN_TEXT, ""),
        format_when(rate["on_demand_price_at"], reading),
    ]


def _plain(value: float | None, because: str = "") -> Cell:
    if value is None:
        return UNKNOWN_TEXT, f"Unknown: {because}" if because else "unknown"
    return f"{value:,.4f}", f"{value!r}"


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_TERMS else f"{text[:_LONGEST_TERMS]} … (whole at /api/v1/jobs/…)"
