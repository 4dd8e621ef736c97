"""Which scripts a page waits for: no larger ones than it shows something with, the others asked for ahead."""

import logging
import re
from collections.abc import Callable
from typing import Any

import flask
from dash import Dash

from mmbatch_dash.front.environ import encoded_path
from mmbatch_dash.pages.bundles import Bundle
from mmbatch_dash.pages.page import PageBook

LOG = logging.getLogger(__name__)

PLOTLY = "vendor/plotly-cartesian-4.1.1.min.js"
"""The charts in use need no more than this part of plotly.js, a third of the whole."""

_GRID = re.compile(r'<script src="([^"]*/dash_ag_grid/[^"]*)"></script>\n?')
_UNUSED = re.compile(r'<script src="[^"]*/dash_table/[^"]*"></script>\n?')
_CHUNKS = ("async-dropdown", "async-datepicker")

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="ASSETS_URL/icon.svg">
<script src="ASSETS_URL/boot.js"></script>
<script src="ASSETS_URL/ahead.js" data-plotly="ASSETS_URL/PLOTLY" data-grid="GRID"CHARTS></script>
{%css%}
AHEAD
</head>
<body>
<noscript><p class="banner">Without JavaScript this page shows its figures as they were when it was asked for;
filters, charts and lists need it.</p></noscript>
{%app_entry%}
FIRST_LOOK
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""


class LeanDash(Dash):  # type: ignore[misc]
    """Dash whose pages wait for no script they do not use; `ahead.js` gets the others when they are wanted."""

    book = PageBook()
    bundles: tuple[Bundle, ...] = ()
    first_look: Callable[[str, str], str] | None = None
    """The markup of the frame of a path and query string with its figures in it."""

    def _config(self) -> dict[str, Any]:
        """What the browser is told. It cannot check callbacks against pages whose scripts it does not have.

        That each callback speaks to parts that exist is held by tests; the check here would cost 260 kB a page.
        """
        config: dict[str, Any] = super()._config()
        config.pop("validation_layout", None)
        return {**config, "suppress_callback_exceptions": True}

    def interpolate_index(self, **parts: Any) -> str:
        """The HTML of the address that is asked for."""
        page, _ = self.book.find(_asked_path())
        scripts, styles = _UNUSED.sub("", parts["scripts"]), parts["css"]
        for bundle in self.bundles:
            scripts, styles = bundle.stand_in(scripts), bundle.stand_in(styles)
        grid = _GRID.search(scripts)
        if page is not None and not page.uses_grid:
            scripts = _GRID.sub("", scripts)
        title = f"{page.title} · {parts['title']}" if page is not None else parts["title"]
        index: str = super().interpolate_index(**{**parts, "scripts": scripts, "css": styles, "title": title})
        assets = self.get_asset_url("").rstrip("/")
        charts = page is not None and page.uses_charts
        suites = f"{self.config.requests_pathname_prefix}_dash-component-suites/dash/dcc"
        names = (*_CHUNKS, *(("async-graph",) if charts else ()))
        links = "\n".join(f'<link rel="prefetch" as="script" href="{suites}/{name}.js">' for name in names)
        for name, text in (
            ("AHEAD", links),
            ("ASSETS_URL", assets),
            ("PLOTLY", PLOTLY),
            ("CHARTS", " data-charts" if charts else ""),
            ("GRID", grid[1] if grid else ""),
        ):
            index = index.replace(name, text, 1 if name != "ASSETS_URL" else -1)
        # Last, for it holds what people wrote.
        return index.replace("FIRST_LOOK", self._draw_first_look(), 1)

    def _draw_first_look(self) -> str:
        """The page as plain markup, shown until scripts have drawn the same in its place; nothing where that fails."""
        if self.first_look is None:
            return ""
        asked = flask.request
        try:
            look = self.first_look(_asked_path(), f"?{asked.query_string.decode()}" if asked.query_string else "")
            return f'<div id="first-look">{look}</div>'
        except Exception:  # the scripts ask again, and say what failed
            LOG.exception("The first look at %s could not be drawn", asked.path)
            return ""


def _asked_path() -> str:
    return encoded_path(flask.request.environ, flask.request.path)
