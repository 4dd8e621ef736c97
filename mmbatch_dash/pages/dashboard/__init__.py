"""The Dashboard: what was paid, what was saved, and what the checkpoints did for it."""

from dash import Dash

from mmbatch_dash.pages.dashboard.callbacks import register_callbacks as register_panels
from mmbatch_dash.pages.dashboard.filled import build_filled
from mmbatch_dash.pages.dashboard.layout import layout
from mmbatch_dash.pages.dashboard.price_coverage import register_price_callback
from mmbatch_dash.pages.dashboard.where import register_where_callbacks
from mmbatch_dash.pages.page import Context, Page
from mmbatch_dash.services import Services


def register_callbacks(app: Dash, services: Services, context: Context) -> None:
    """Wires the page."""
    register_panels(app, services, context)
    register_price_callback(app, services, context)
    register_where_callbacks(app, services, context)


PAGE = Page(
    path="/",
    title="Dashboard",
    layout=layout,
    register_callbacks=register_callbacks,
    uses_filters=True,
    uses_charts=True,
    filled=build_filled,
)
