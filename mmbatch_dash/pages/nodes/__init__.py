"""Nodes: the machines that jobs ran and run on, and whether they are still heard of."""

from mmbatch_dash.pages.nodes.callbacks import register_callbacks
from mmbatch_dash.pages.nodes.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(path="/nodes", title="Nodes", layout=layout, register_callbacks=register_callbacks)
