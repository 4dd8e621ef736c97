"""Insight: what to change about queues and pools, and how sure that is."""

from mmbatch_dash.pages.insight.callbacks import build_filled, register_callbacks
from mmbatch_dash.pages.insight.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(
    path="/insight",
    title="Insight",
    layout=layout,
    register_callbacks=register_callbacks,
    uses_filters=True,
    filled=build_filled,
)
