"""How the server and its data stand: what lies on disk, how far the tables are, and which versions run."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dash import Dash, Input, Output, html, set_props
from dash.development.base_component import Component

from mmbatch_dash.domain.errors import Rebuilding
from mmbatch_dash.domain.identity import for_readers
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.units import format_count, format_duration, format_instant
from mmbatch_dash.metrics.summary import Removed
from mmbatch_dash.pages.admin.ids import AdminId
from mmbatch_dash.pages.admin.tabs import build_tabs
from mmbatch_dash.pages.filters.view import View, parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.pages.wiring import callback
from mmbatch_dash.services import Services
from mmbatch_dash.services.compaction import Compaction
from mmbatch_dash.services.reports import Freshness
from mmbatch_dash.services.storage import Storage, read_storage

PACKAGES = ("mmbatch_dash", "duckdb", "dash", "flask", "plotly", "pandas", "pyarrow", "granian")
TABLES_AT = 3
"""Behind the size of the tables."""
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
        storage = read_storage(services.settings, services.clock(), services.place.shared)
        removed = _read_removed(services)
        facts = describe_storage(services.settings.data_dir, storage, removed, services.reports.freshness(), view)
        facts.insert(TABLES_AT, ("Room in the tables' file", describe_compaction(services.compaction.state(), view)))
        set_props(context.problem, {"children": None})
        return _build_facts(facts), _build_facts(describe_versions(services.config.version))


def describe_storage(
    folder: Path, storage: Storage, removed: Removed, fresh: Freshness, view: View
) -> list[tuple[str, str]]:
    """What is on disk, how fast it grows and how far it is read, name and value."""
    growth = storage.growth_bytes_a_day
    days = storage.full_in_days
    return [
        ("Data directory", str(folder)),
        ("Journal", f"{_size(storage.journal_bytes)} on disk, {_size(fresh.journal_bytes)} uncompressed"),
        ("Tables", _size(storage.tables_bytes)),
        ("Free on this disk", f"{_size(storage.free_bytes)} ({storage.free_bytes / storage.total_bytes:.0%})"),
        ("Growth of the journal", "not known yet" if growth is None else f"{_size(growth)} a day"),
        ("Disk full", "not at this rate" if days is None else f"in {format_count(round(days))} days at this rate"),
        ("Jobs only in totals", _describe_removed(removed)),
        (
            "Events without originals",
            f"{_size(storage.stripped_bytes)} of the journal" if storage.stripped_bytes else "none",
        ),
        ("Not yet in the tables", f"{_size(fresh.lag_bytes)}, {format_duration(fresh.lag_seconds)} behind"),
        ("Tables stand still", fresh.problem or "no"),
        ("Damage", " ".join(fresh.degraded) or "none known"),
        ("As of", format_instant(fresh.as_of.astimezone(view.selection.zone))),
    ]


def describe_compaction(state: Compaction, view: View) -> str:
    """How much of the tables' file is free, and what becomes of it."""
    last = ""
    if state.last_at is not None:
        last = f"; last copied into a smaller file {format_instant(state.last_at.astimezone(view.selection.zone))}"
    if state.under_way:
        return f"being copied into a smaller file; events are taken in meanwhile{last}"
    if state.room is None:
        return "the tables are being made anew"
    free = f"{_size(state.room.free_bytes)} free ({state.room.free_bytes / max(1, state.room.file_bytes):.0%})"
    if state.lacking_bytes:
        return f"{free}; giving it back needs {_size(state.lacking_bytes)} more on this disk for a while{last}"
    return f"{free}; what is more than a quarter of the file, and 16 MiB, is given back{last}"


def _read_removed(services: Services) -> Removed:
    try:
        return services.reports.summary(Selection()).removed
    except Rebuilding:
        return Removed()


def _describe_removed(removed: Removed) -> str:
    if not removed.jobs or removed.before is None:
        return "none"
    return f"{format_count(removed.jobs)}, ended before {removed.before:%Y-%m-%d %H:%M} UTC (retention.jobs)"


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
