"""The places of the page Logs, and what fills them."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.domain.units import format_instant
from mmbatch_dash.pages.logs.ids import LogsId
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.store.node_files import NodeFile

LINES = 500
HEADS = (Head("File", narrow=True), Head("Node"), Head("Bytes", numeric=True), Head("Handed in", numeric=True))
NONE = "No log file was handed in here, or it was older than node.maxLogAge."


def layout(**_query: object) -> Component:
    """The page, still empty; the callbacks fill it from the address."""
    return html.Div(
        [
            html.Div(html.H1("Logs", id=LogsId.TITLE.value), className="page-head"),
            html.Section(html.Div(id=LogsId.FILES.value), className="panel", **{"aria-label": "Files"}),
            html.Section(
                [
                    dcc.Input(
                        id=LogsId.SEARCH.value,
                        type="search",
                        placeholder="Lines that hold…",
                        debounce=0.3,
                        className="filter-search logs-search",
                    ),
                    html.Div(id=LogsId.SHOWN.value, role="status"),
                ],
                className="panel",
                **{"aria-label": "Lines"},
            ),
        ],
        className="logs-page dashboard",
    )


def build_files(files: Sequence[NodeFile], zone: ZoneInfo, kept: dict[str, str]) -> Component:
    """The files with a link each to its lines, and to the whole of it.

    Args:
        files: of the node or job.
        zone: times are told in.
        kept: what the address names, besides the file.
    """
    if not files:
        tell = html.Code("mmbatch-report agent --logs GLOB")
        return html.P([NONE, " ", tell, " hands in those of a node, ", html.Code("logs FILE"), " those of a job."])
    rows = [_build_row(file, zone, kept) for file in files]
    return build_table(HEADS, rows, "1 file" if len(files) == 1 else f"{len(files):,} files", "Log files")


def _build_row(file: NodeFile, zone: ZoneInfo, kept: dict[str, str]) -> list[Cell]:
    look = "/logs?" + urlencode({**kept, "on": file.node_id, "path": file.path})
    whole = f"/nodes/{quote(file.node_id, safe='')}/{quote(file.path)}"
    name = [dcc.Link(html.Bdi(file.path, className="mono"), href=look), " "]
    whole_link = html.A("download", href=whole, download="", className="beside", title=f"Download {file.path}")
    return [
        ([*name, whole_link], file.path),
        (html.Bdi(file.node_id), file.node_id),
        (f"{file.size_bytes:,}", ""),
        (format_instant(file.modified_at.astimezone(zone)), ""),
    ]


def build_lines(path: str, text: str, search: str) -> list[Component]:
    """The last lines of a file, under a sentence that says which."""
    count = text.count("\n")
    which = f" that hold “{search}”" if search else ""
    said = f"The last {count:,} lines{which} of {path}" if count else f"No lines{which} in {path}"
    return [html.P(said), html.Pre(text, className="logs-lines", tabIndex=0)]
