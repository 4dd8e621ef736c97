"""Alerts: what is wrong now, what was, who was told, budgets, and the rules in force."""

from mmbatch_dash.pages.alerts.callbacks import register_callbacks
from mmbatch_dash.pages.alerts.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(path="/alerts", title="Alerts", layout=layout, register_callbacks=register_callbacks)
