"""The Configuration: one place that all nodes obey."""

from mmbatch_dash.pages.configuration.callbacks import register_callbacks
from mmbatch_dash.pages.configuration.filled import build_filled
from mmbatch_dash.pages.configuration.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(
    path="/configuration",
    title="Configuration",
    layout=layout,
    register_callbacks=register_callbacks,
    filled=build_filled,
)
"""What the shell shows."""
