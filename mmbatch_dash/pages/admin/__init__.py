"""Administration inside the frame: what was kept aside, and how the server and its data stand."""

from mmbatch_dash.pages.admin.disowned import register_disowned
from mmbatch_dash.pages.admin.disowned_layout import disowned_layout
from mmbatch_dash.pages.admin.quarantine import register_quarantine
from mmbatch_dash.pages.admin.quarantine_layout import quarantine_layout
from mmbatch_dash.pages.admin.server import register_server, server_layout
from mmbatch_dash.pages.page import Page

QUARANTINE = Page(
    path="/admin/quarantine",
    title="Quarantine",
    layout=quarantine_layout,
    register_callbacks=register_quarantine,
    in_bar=False,
)
DISOWNED = Page(
    path="/admin/disowned",
    title="Disowned",
    layout=disowned_layout,
    register_callbacks=register_disowned,
    in_bar=False,
)
SERVER = Page(
    path="/admin/storage",
    title="Storage and versions",
    layout=server_layout,
    register_callbacks=register_server,
    in_bar=False,
)
PAGES = (QUARANTINE, DISOWNED, SERVER)
