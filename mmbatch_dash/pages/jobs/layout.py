"""The places of the job list: head with exports and column chooser, notice, grid."""

from typing import Any

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.pages.jobs.column_filters import build_column_filters
from mmbatch_dash.pages.jobs.columns import COLUMNS, NARROW, Column
from mmbatch_dash.pages.jobs.ids import JobsId

BLOCK_ROWS = 100
KEPT_BLOCKS = 12
DEFAULT_SORT = "-submitted_at"
PINNED = ("status", "name")


def layout(sort: list[str] | None = None, **_query: object) -> Component:
    """The page with an empty grid that asks for its rows itself.

    Args:
        sort: of the address; the grid starts in that order.
    """
    return html.Div(
        [
            dcc.Store(id=JobsId.TOTALS.value),
            dcc.Store(id=JobsId.FAILED.value),
            dcc.Store(id=JobsId.SYNC.value),
            html.Div(
                [
                    html.Div([html.H1("Jobs"), html.P(id=JobsId.SCOPE.value, className="scope", role="status")]),
                    html.Div([build_column_filters(), _build_chooser(), *_build_exports()], className="list-tools"),
                ],
                className="page-head list-head",
            ),
            html.Div(id=JobsId.NOTICE.value, className="notice-slot"),
            html.Div(_build_grid((sort or [DEFAULT_SORT])[-1]), className="grid-box"),
            html.P(
                "Enter or a click opens a job. Costs are instance costs; each job is charged as the pricing settings "
                "say. The first row is the total of the selection, the same figures as on the Dashboard.",
                className="page-foot",
            ),
        ],
        id=JobsId.PAGE.value,
        className="jobs-page dashboard",
    )


def _build_grid(sort: str) -> Component:
    return dag.AgGrid(
        id=JobsId.GRID.value,
        rowModelType="infinite",
        columnDefs=[_define(column, sort) for column in COLUMNS],
        defaultColDef={
            "resizable": True,
            "suppressMovable": False,
            "suppressHeaderMenuButton": True,
            "sortingOrder": ["asc", "desc"],
            "minWidth": 64,
            "wrapHeaderText": True,
            "tooltipValueGetter": {"function": "mmbatchExact(params)"},
            "cellClassRules": {"unknown": "params.value === '–'"},
        },
        getRowId="params.data.id",
        columnSize=None,
        dashGridOptions={
            "theme": "themeQuartz",
            "cacheBlockSize": BLOCK_ROWS,
            "maxBlocksInCache": KEPT_BLOCKS,
            "maxConcurrentDatasourceRequests": 1,
            "blockLoadDebounceMillis": 80,
            "infiniteInitialRowCount": 30,
            "rowBuffer": 10,
            "rowHeight": 36,
            "headerHeight": 48,
            "animateRows": False,
            "suppressMultiSort": True,
            "suppressDragLeaveHidesColumns": True,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "tooltipShowDelay": 350,
            "rowClassRules": {"row-waits": "!params.data"},
            "overlayNoRowsTemplate": "",
            "suppressNoRowsOverlay": True,
        },
        className="ag-theme-mmbatch",
        style={"height": "100%", "width": "100%"},
    )


def _define(column: Column, sort: str) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "field": column.name,
        "colId": column.name,
        "headerName": column.label,
        "headerTooltip": column.label,
        "initialWidth": column.width,
        "initialHide": not column.shown,
        "sortable": column.sortable,
    }
    if column.numeric:
        definition |= {
            "type": "rightAligned",
            "cellClass": "num ag-right-aligned-cell",
            "sortingOrder": ["desc", "asc"],
        }
    if column.renderer:
        definition["cellRenderer"] = column.renderer
    if column.name in PINNED:
        definition["initialPinned"] = "left"
    if column.name == sort.removeprefix("-"):
        definition["initialSort"] = "desc" if sort.startswith("-") else "asc"
    return definition


def _build_chooser() -> Component:
    options = [{"label": column.label, "value": column.name} for column in COLUMNS if column.name not in PINNED]
    shown = [column.name for column in COLUMNS if column.shown and column.name not in PINNED]
    return html.Details(
        [
            html.Summary("Columns", className="button"),
            html.Fieldset(
                [
                    html.Legend("Columns shown", className="visually-hidden"),
                    # Not dcc.Checklist, whose labels call themselves options of a list box.
                    dbc.Checklist(
                        options,
                        shown,
                        id=JobsId.COLUMNS.value,
                        class_name="chooser-list",
                        persistence=True,
                        persistence_type="local",
                    ),
                    html.Button("Usual columns and widths", className="button", **{"data-columns": "reset"}),
                ],
                className="chooser-panel",
            ),
        ],
        className="chooser column-chooser",
        **{"data-narrow": ",".join(NARROW), "data-usual": ",".join(shown)},
    )


def _build_exports() -> list[Component]:
    return [
        html.A(
            [html.Span(className="icon icon-download"), label],
            id=name.value,
            href="",
            download="",
            className="button export",
            title=f"Download the jobs of this selection as {label}",
            **{"data-export": label},
        )
        for name, label in ((JobsId.CSV, "CSV"), (JobsId.PARQUET, "Parquet"))
    ] + [html.Span(className="export-state", role="status", **{"data-export-state": "true"})]
