"""One page as the shell knows it: where it lives, how it looks, how it is wired."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from dash import Dash
from dash.development.base_component import Component

from mmbatch_dash.pages.defaults import PageDefaults
from mmbatch_dash.services import Services


@dataclass(frozen=True, slots=True)
class Context:
    """What the shell offers to a page's callbacks.

    Attributes:
        location: id of the dcc.Location; its `search` is the view, `pathname` the page.
        token: id of a store whose data change whenever figures may have changed; an Input of live panels.
        problem: id of the shell's error panel; a callback that succeeded sets its children to None.
        defaults: what holds where the address says nothing.
    """

    location: str
    token: str
    problem: str
    defaults: PageDefaults


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        path: "/jobs", or with named parts "/jobs/<job_id>".
        title: its name in the top bar and the browser's tab.
        layout: makes the page; called with the query (lists) and the named parts (texts) as keywords, and
            once without any, for validation: it must then hold every id its callbacks speak to.
        register_callbacks: wires it, once per app.
        uses_filters: the filter bar is shown and the query is a selection of jobs.
        in_bar: it has a link in the top bar.
        uses_charts: it shows charts from the start.
        uses_grid: it shows a grid.
        filled: makes the page of a query string with its figures in it, where a page can; its callbacks then only
            answer changes.
    """

    path: str
    title: str
    layout: Callable[..., Component]
    register_callbacks: Callable[[Dash, Services, Context], None]
    uses_filters: bool = False
    in_bar: bool = True
    uses_charts: bool = False
    uses_grid: bool = False
    filled: Callable[[Services, Context, str], Component] | None = None

    def match(self, pathname: str) -> dict[str, Any] | None:
        """The named parts of the pathname if it is this page's, else None."""
        wanted, given = _split(self.path), _split(pathname)
        if len(wanted) != len(given):
            return None
        parts: dict[str, Any] = {}
        for want, have in zip(wanted, given, strict=True):
            if want.startswith("<"):
                parts[want.strip("<>")] = unquote(have)
            elif want != have:
                return None
        return parts


@dataclass(frozen=True, slots=True)
class PageBook:
    """The pages of one app, in the order of the top bar."""

    pages: Sequence[Page] = field(default_factory=tuple)

    def in_bar(self) -> list[Page]:
        """The pages that have a link in the top bar."""
        return [page for page in self.pages if page.in_bar]

    def find(self, pathname: str) -> tuple[Page | None, dict[str, Any]]:
        """The page of a pathname with its named parts; None and no parts where there is none."""
        for page in self.pages:
            parts = page.match(pathname)
            if parts is not None:
                return page, parts
        return None, {}


def _split(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
