"""Jobs: the list of all, and one job with everything that was said of it."""

from mmbatch_dash.pages.jobs.callbacks import register_callbacks
from mmbatch_dash.pages.jobs.layout import layout
from mmbatch_dash.pages.page import Page

LIST = Page(path="/jobs", title="Jobs", layout=layout, register_callbacks=register_callbacks, uses_filters=True)
PAGES = (LIST,)
