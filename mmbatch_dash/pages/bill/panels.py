"""What fills the page Bill: the difference by cause, by day, and by instance; the files."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.bill import CAUSES, Cause
from mmbatch_dash.domain.units import UNKNOWN_TEXT, format_count, format_instant, format_usd
from mmbatch_dash.pages.tables import Cell, Head, build_table
from mmbatch_dash.services.bill import Bill, Comparison

MOST_ROWS = 100
_CENT = Decimal("0.005")


def build_lead(compared: Comparison) -> str:
    """The whole in a sentence."""
    ours, aws = compared.total("ours_usd"), compared.total("aws_usd")
    days = f"{compared.first:%Y-%m-%d} to {compared.last:%Y-%m-%d}"
    return f"{days}: AWS {_usd(aws)}, here {_usd(ours)}, difference {_usd(aws - ours)}"


def build_causes(compared: Comparison) -> Component:
    """Each cause with what it adds, and their sum."""
    found = compared.by_cause()
    heads = (Head("Cause"), Head("USD", numeric=True, narrow=True), Head("What it is"))
    rows: list[list[Cell]] = [
        [(name, ""), (_usd(found[cause]), str(found[cause])), (about, "")] for cause, (name, about) in CAUSES.items()
    ]
    total = sum(found.values(), Decimal(0))
    rows.append([("Difference", ""), (_usd(total), str(total)), ("AWS's bill minus the cost here", "")])
    return build_table(heads, rows, "The sum of the causes is the difference", "Difference by cause")


def build_days(compared: Comparison) -> Component:
    """A row a day with the causes that matter."""
    sums = compared.rows.drop(columns=["account", "instance_id"]).groupby("day", sort=True).sum()
    shown = [cause for cause in Cause if any(abs(value) >= _CENT for value in sums[f"{cause.value}_usd"])]
    heads = (
        Head("Day"),
        *(Head(text, numeric=True, narrow=True) for text in ("Here", "AWS", "Difference")),
        *(Head(CAUSES[cause][0], numeric=True) for cause in shown),
    )
    names = ("ours_usd", "aws_usd", "difference_usd", *(f"{cause.value}_usd" for cause in shown))
    rows = [
        [(f"{day:%Y-%m-%d}", ""), *((_usd(row[name]), str(row[name])) for name in names)]
        for day, row in zip(sums.index, sums.to_dict("records"), strict=True)
    ]
    return build_table(heads, rows, f"{len(rows)} days", "Bill by day")


def build_rows(compared: Comparison) -> Component:
    """The days, accounts and instances that differ most, each with its largest cause."""
    heads = (
        Head("Day"),
        Head("Account"),
        Head("Instance", narrow=True),
        *(Head(text, numeric=True, narrow=text == "Difference") for text in ("Here", "AWS", "Difference")),
        Head("Most of it"),
    )
    rows = [_build_row(row) for row in compared.rows.head(MOST_ROWS).to_dict("records")]
    return build_table(heads, rows, f"{len(rows)} of {format_count(len(compared.rows))}", "Bill by instance")


def _build_row(row: dict[Any, Any]) -> list[Cell]:
    causes = {cause: row[f"{cause.value}_usd"] for cause in Cause}
    largest = max(causes, key=lambda cause: abs(causes[cause]))
    most = f"{CAUSES[largest][0]} {_usd(causes[largest])}" if abs(causes[largest]) >= _CENT else "nothing"
    every = "; ".join(f"{CAUSES[cause][0]} {_usd(usd)}" for cause, usd in causes.items() if abs(usd) >= _CENT)
    instance = row["instance_id"] if isinstance(row["instance_id"], str) else UNKNOWN_TEXT
    money = ((_usd(row[name]), str(row[name])) for name in ("ours_usd", "aws_usd", "difference_usd"))
    return [(f"{row['day']:%Y-%m-%d}", ""), (row["account"], ""), (instance, ""), *money, (most, every)]


def build_files(files: Sequence[Bill]) -> Component:
    """The files taken in."""
    if not files:
        return html.P("No bill has been taken in yet.", className="panel-empty")
    heads = (Head("File"), Head("Format"), Head("Lines", numeric=True, narrow=True), Head("Taken in"))
    rows: list[list[Cell]] = [
        [
            (bill.name, bill.id),
            (bill.format.upper(), ""),
            (format_count(bill.lines), ""),
            (_minute(bill.imported_at), bill.imported_at),
        ]
        for bill in files
    ]
    return build_table(heads, rows, f"{len(rows)} file{'s' if len(rows) > 1 else ''}", "Files of the bill")


def _minute(text: str) -> str:
    return format_instant(datetime.fromisoformat(text), seconds=False)


def _usd(value: Decimal) -> str:
    return format_usd(float(value))
