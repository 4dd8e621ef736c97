"""The Dashboard with its figures in it, so that they come with the page and not one question later."""

from datetime import UTC, datetime

from dash.development.base_component import Component

from mmbatch_dash.figures.reclaims import ReclaimKey
from mmbatch_dash.pages.dashboard.first_run import read_place
from mmbatch_dash.pages.dashboard.ids import DashboardId
from mmbatch_dash.pages.dashboard.layout import layout
from mmbatch_dash.pages.dashboard.panels import PANELS, build_panels, read_dashboard
from mmbatch_dash.pages.dashboard.price_coverage import build_price_coverage
from mmbatch_dash.pages.dashboard.standing import read_marks
from mmbatch_dash.pages.dashboard.where import BY, USUAL, build_options, read_grouping, read_where
from mmbatch_dash.pages.filling import fill
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.unchanged import keep_unchanged
from mmbatch_dash.services import Services


def build_filled(services: Services, context: Context, search: str) -> Component:
    """The page of an address, every panel as its callbacks would make it.

    Args:
        services: what is read.
        context: of the shell.
        search: the query string of the address.
    """
    view = parse_view(search, datetime.now(UTC), context.defaults)
    dashboard, spread = read_dashboard(services, view)
    marks = read_marks(services, dashboard)
    panels = build_panels(dashboard, spread, view, ReclaimKey.INSTANCE_TYPE, read_place(services), marks)
    by = read_grouping(view.query.get(BY, [USUAL])[-1])
    _, digests = keep_unchanged(panels, None)
    values = {
        **{(name, prop): panels[name] for name, prop in PANELS.items()},
        (DashboardId.DIGESTS, "data"): digests,
        (DashboardId.WHERE, "children"): read_where(services, view, by),
        (DashboardId.WHERE_BY, "options"): build_options(services.reports.filter_choices()),
        (DashboardId.WHERE_BY, "value"): str(by),
        (DashboardId.PRICES, "children"): build_price_coverage(services.prices.coverage(view.selection)),
    }
    return fill(layout(**view.query), values)
