"""Logs: the files that a node or a job handed in, their last lines, and those that hold a word."""

from mmbatch_dash.pages.logs.callbacks import register_callbacks
from mmbatch_dash.pages.logs.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(path="/logs", title="Logs", layout=layout, register_callbacks=register_callbacks, in_bar=False)
