"""How the server and its data stand: what lies on disk, how far the tables are, and which versions run."""

import platform
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dash import Dash, Input, Output, html, set_props
from dash.development.base_component import Component

from mmbatch_dash.domain.identity import for_readers
from mmbatch_dash.domain.units import format_count, format_duration, format_instant
from mmbatch_dash.pages.admin.ids import AdminId
from mmbatch_dash.pages.admin.tabs import build_tabs
from mmbatch_dash.pages.filters.view import View, parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.reports import Freshness

PACKAGES = ("mmbatch_dash", "duckdb", "dash", "flask", "plotly", "pandas", "pyarrow", "granian")
_MIB = 2**20


def server_layout(**_query: object) -> Component:
    """The page, still empty; its callback fills it."""
    return html.Div(
        [
            build_tabs("/admin/storage"),
            html.Div(html.H1("Storage and versions"), className="page-head"),
            _build_panel("Storage", "What lies in the data directory, and how far the tables are.", AdminId.STORAGE),
            _build_panel("Versions", "What runs here; name it where you report something.", AdminId.VERSIONS),
        ],
        className="dashboard admin-page",
    )


def register_server(app: Dash, services: Services, context: Context) -> None:
    """Wires the page.

    Args:
        app: the Dash app.
        services: what is read.
        context: the shell's signals.
    """

    @callback(
        app,
        Output(AdminId.STORAGE.value, "children"),
        Output(AdminId.VERSIONS.value, "children"),
        Input(context.location, "search"),
        Input(context.token, "data"),
    )
    @for_readers
    def show(search: str | None, _token: str | None) -> tuple[list[Component], list[Component]]:
        view = parse_view(search, datetime.now(UTC), context.defaults)
        folder = services.settings.data_dir
        facts = describe_storage(folder, services.settings.store_file, services.reports.freshness(), view)
        set_props(context.problem, {"children": None})
        return _build_facts(facts), _build_facts(describe_versions(services.config.version))


def describe_storage(folder: Path, store: Path, fresh: Freshness, view: View) -> list[tuple[str, str]]:
    """What is on disk and how far it is read, name and value."""
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    return [
        ("Data directory", str(folder)),
        ("Journal", _size(fresh.journal_bytes)),
        ("Tables", _size(store.stat().st_size if store.exists() else 0)),
        ("Free on this disk", f"{_size(usage.free)} ({free:.0%})"),
        ("Not yet in the tables", f"{_size(fresh.lag_bytes)}, {format_duration(fresh.lag_seconds)} behind"),
        ("Tables stand still", fresh.problem or "no"),
        ("Damage", " ".join(fresh.degraded) or "none known"),
        ("As of", format_instant(fresh.as_of.astimezone(view.selection.zone))),
    ]


def describe_versions(configuration: int) -> list[tuple[str, str]]:
    """Name and version of what runs."""
    found = [(name, _version(name)) for name in PACKAGES]
    return [*found, ("Python", platform.python_version()), ("Configuration", f"version {format_count(configuration)}")]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "run from its sources"


def _size(size_bytes: float) -> str:
    return f"{size_bytes / _MIB:,.1f} MiB" if size_bytes < 1024 * _MIB else f"{size_bytes / _MIB / 1024:,.1f} GiB"


def _build_panel(title: str, lead: str, name: AdminId) -> Component:
    head = html.Div(html.Div([html.H2(title), html.P(lead, className="panel-lead")]), className="panel-head")
    return html.Section([head, html.Div(id=name.value)], className="panel", **{"aria-label": title})


def _build_facts(facts: Sequence[tuple[str, str]]) -> list[Component]:
    items = [html.Div([html.Dt(name), html.Dd(html.Bdi(value))], className="fact") for name, value in facts]
    return [html.Dl(items, className="facts")]
