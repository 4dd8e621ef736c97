"""Jobs: the list of all, and one job with everything that was said of it."""

from mmbatch_dash.pages.jobs.callbacks import register_callbacks
from mmbatch_dash.pages.jobs.detail_callbacks import register_detail_callbacks
from mmbatch_dash.pages.jobs.detail_layout import detail_layout
from mmbatch_dash.pages.jobs.layout import layout
from mmbatch_dash.pages.page import Page

LIST = Page(
    path="/jobs",
    title="Jobs",
    layout=layout,
    register_callbacks=register_callbacks,
    uses_filters=True,
    uses_grid=True,
)
ONE = Page(
    path="/jobs/<job_id>",
    title="Job",
    layout=detail_layout,
    register_callbacks=register_detail_callbacks,
    in_bar=False,
)
PAGES = (LIST, ONE)
