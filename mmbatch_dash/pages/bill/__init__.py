"""Bill: AWS's bill beside our own cost, and the difference by cause."""

from mmbatch_dash.pages.bill.callbacks import register_callbacks
from mmbatch_dash.pages.bill.layout import layout
from mmbatch_dash.pages.page import Page

PAGE = Page(path="/bill", title="Bill", layout=layout, register_callbacks=register_callbacks)
