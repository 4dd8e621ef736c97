"""The Dashboard: what was paid, what was saved, and what the checkpoints did for it."""

from mmbatch_dash.pages.dashboard.callbacks import register_callbacks
from mmbatch_dash.pages.dashboard.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(path="/", title="Dashboard", layout=layout, register_callbacks=register_callbacks, uses_filters=True)
