"""What a group's advice rests on, one click away."""

from math import inf

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import (
    UNKNOWN_TEXT,
    format_count,
    format_duration,
    format_hours,
    format_rate,
    format_usd,
)
from mmbatch_dash.insight.observed import Sized, Spread
from mmbatch_dash.insight.ranges import Range
from mmbatch_dash.insight.rates import Method
from mmbatch_dash.insight.sentences import range_of_loss
from mmbatch_dash.services.insight import Row

_METHODS = {
    Method.POISSON: "exact Poisson range",
    Method.ZONE_DAYS: "bootstrap over zone-days, for reclaims come in waves",
}


def build_evidence(row: Row, jobs: str) -> Component:
    """Every figure behind the sentences, with how it is defined.

    Args:
        row: of the group.
        jobs: the address of its jobs.
    """
    lines = [
        html.Tr([html.Th(name, scope="row"), html.Td(value), html.Td(meaning)]) for name, value, meaning in _lines(row)
    ]
    heads = html.Tr([html.Th(text, scope="col") for text in ("Figure", "Value", "What it is")])
    table = html.Table(
        [html.Caption(f"What the advice on {row.key} rests on"), html.Thead(heads), html.Tbody(lines)],
        className="data-table insight-evidence",
    )
    more = html.P([dcc.Link("The jobs", href=jobs), " · ", html.A("API", href="/api/docs")], className="insight-more")
    box = html.Div(table, className="table-scroll", tabIndex=0, role="region", **{"aria-label": f"Evidence: {row.key}"})
    return html.Details([html.Summary("Evidence"), box, more])


def _lines(row: Row) -> list[tuple[str, str, str]]:
    observed, advice, month = row.observed, row.advice, row.advice.month_usd
    rate, notice, best = observed.rate, observed.notice, advice.intervals
    lines = [
        ("Exposure", f"{format_hours(observed.exposure_hours)} h", "hours of Spot instances in use, shared ones once"),
        ("Reclaims", format_count(observed.reclaims), "instances taken back, one an instance"),
    ]
    if rate:
        ends = f"{rate.value:.4f} ({rate.low:.4f} to {rate.high:.4f})"
        lines.append(("Reclaims an hour", ends, f"95 % range: {_METHODS[rate.method]}"))
    if observed.lives:
        text = f"shape {observed.lives.shape:.3f}, p {observed.lives.memoryless_probability:.3f}"
        lines.append(("Weibull", text, "1 is memoryless; p that it is so"))
    lines += [
        ("Checkpoint", _spread(observed.checkpoint), "C: how long one takes"),
        *(
            (f"… {_size(sized)}", _spread(sized.seconds), "C of the checkpoints of this size")
            for sized in observed.checkpoint_by_size
        ),
        ("Restore", _spread(observed.restore), "R: how long one takes"),
        ("Wait", _spread(observed.wait), "from the end of an attempt to the start of the next"),
        ("Distance", _spread(observed.distance), "from one checkpoint of an attempt to the next, as it was"),
        ("Configured", format_duration(observed.configured_seconds), "ckpt.ckptInterval, or ckpt.queues of this queue"),
    ]
    if notice:
        text = f"{format_rate(notice.value)} ({format_rate(notice.low)} to {format_rate(notice.high)})"
        lines.append(("Saved on notice", text, f"p: of {observed.noticed:,} reclaimed attempts, Wilson range"))
    if best:
        ends = f"{format_duration(advice.low)} to {format_duration(advice.high)}"
        lines += [
            (
                "Best interval",
                f"{format_duration(best.best)} ({ends})",
                "exact, at the rate and at the ends of its range",
            ),
            ("Young, Daly", f"{format_duration(best.young)}, {format_duration(best.daly)}", "the known approximations"),
        ]
    useful = observed.useful
    lines += [
        ("A month now", format_usd(month.present), "30 days of the ended Spot jobs' cost"),
        ("At the best interval", format_usd(month.best), "the same work, by the model"),
        ("Without checkpoints", _usd(month.none, advice.none_usd), "the same work, each reclaim begins it anew"),
        ("On-demand", format_usd(month.on_demand), "the same work, without reclaims"),
        ("Lost work", _usd(advice.lost_usd, range_of_loss(observed, advice)), "a month, at the paid rate"),
    ]
    if useful:
        ends = f"${useful.value:.4f} (${useful.low:.4f} to ${useful.high:.4f})"
        lines.append(("A useful vCPU-hour", ends, "cost per vCPU-hour not lost nor spent on checkpoints and restores"))
    return lines


def _usd(value: float | None, ends: Range | None) -> str:
    if value is None or ends is None or not ends.low < ends.high < inf:
        return format_usd(value)
    return f"{format_usd(value)} ({format_usd(ends.low)} to {format_usd(ends.high)})"


def _size(sized: Sized) -> str:
    if sized.to_gib is None:
        return f"of {sized.from_gib:g} GiB or more"
    return f"of {sized.from_gib:g} to {sized.to_gib:g} GiB" if sized.from_gib else f"under {sized.to_gib:g} GiB"


def _spread(spread: Spread) -> str:
    if not spread.count:
        return UNKNOWN_TEXT
    ends = f"median {format_duration(spread.median)}, p95 {format_duration(spread.p95)}"
    return f"{ends} of {format_count(spread.count)}"
