"""Connect: how worker nodes and AWS come to tell this server something, and which of them do."""

from mmbatch_dash.pages.connect.callbacks import register_callbacks
from mmbatch_dash.pages.connect.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(path="/connect", title="Connect", layout=layout, register_callbacks=register_callbacks)
