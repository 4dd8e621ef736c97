"""AWS's bill over HTTP: take files in, from S3 too, and hold them against our own cost."""

import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from pydantic import ValidationError

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.bill import BillComparison, BillPlace, BillRemoved, BillsTaken
from mmbatch_dash.api.queries import BillFileQuery, BillQuery
from mmbatch_dash.domain.bill import BillFormat, Cause
from mmbatch_dash.domain.endpoints import CSV, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidFilter, InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.bill import ENDINGS, RECEIVING, Comparison, is_bucket

_BILL = "Bill"
MOST_ROWS = 500


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; reading is for readers, taking in and out for admins."""
    blueprint = Blueprint("bill", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/bill",
        Endpoint(
            who=Audience.READER,
            about=f"AWS's bill beside our own cost by day, account and instance (the {MOST_ROWS} largest differences), "
            "and the difference by cause; the causes sum to it.",
            group=_BILL,
            query=BillQuery,
            answers={200: Content(BillComparison)},
            errors=(404,),
        ),
    )
    def get_bill(query: BillQuery) -> Response:
        compared = _compare(services, query)
        rows = [_row(row) for row in compared.rows.head(MOST_ROWS).to_dict("records")]
        files = [asdict(bill) for bill in services.bills.list()]
        body = {
            "format": compared.format.value,
            "first_day": compared.first,
            "last_day": compared.last,
            **{name: float(compared.total(name)) for name in ("ours_usd", "aws_usd", "difference_usd")},
            "causes": {cause.value: float(usd) for cause, usd in compared.by_cause().items()},
            "rows": rows,
            "row_count": len(compared.rows),
            "files": files,
        }
        return json_answer(body)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/bill.csv",
        Endpoint(
            who=Audience.READER,
            about="Every row of it as CSV, money to ten decimals.",
            group=_BILL,
            query=BillQuery,
            answers={200: Content(media=CSV)},
            errors=(404,),
            exported=True,
        ),
    )
    def get_bill_csv(query: BillQuery) -> Response:
        response = Response(_csv(_compare(services, query)), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="bill.csv"'
        return response

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/bill",
        Endpoint(
            who=Audience.ADMIN,
            about="Take in a bill as the body: CUR 2.0 (with split cost allocation data or not) or FOCUS, as "
            ".csv, .csv.gz or .parquet. The same file twice adds nothing; another of the same name replaces it.",
            group=_BILL,
            query=BillFileQuery,
            bodies=(Content(media="application/octet-stream"),),
            answers={200: Content(BillsTaken)},
            errors=(413, 422),
        ),
    )
    def post_bill(query: BillFileQuery) -> Response:
        name = query.name.replace("\\", "/").rpartition("/")[2]
        ending = next((one for one in ENDINGS if name.endswith(one)), None)
        if ending is None:
            raise InvalidFilter(f"must end in {', '.join(ENDINGS)}", field="name")
        with tempfile.TemporaryDirectory(dir=services.settings.data_dir, prefix=RECEIVING) as folder:
            path = Path(folder) / f"bill{ending}"
            with path.open("wb") as file:
                shutil.copyfileobj(request.stream, file, 1 << 20)
            bill = services.bills.take(path, name)
        return json_answer({"files": [asdict(bill)]})

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/bill/s3",
        Endpoint(
            who=Audience.ADMIN,
            about="Take in every bill of a bucket, with the server's own credentials.",
            group=_BILL,
            bodies=(Content(BillPlace),),
            answers={200: Content(BillsTaken)},
            errors=(415, 422),
        ),
    )
    def post_bucket() -> Response:
        try:
            place = BillPlace.model_validate(request.get_json(silent=True), strict=True).place
        except ValidationError:
            raise InvalidInput('must be a bucket, as in {"place": "s3://bucket/prefix"}', field="place") from None
        if not is_bucket(place):
            raise InvalidInput("must begin with s3://", field="place")
        return json_answer({"files": [asdict(bill) for bill in services.bills.take_bucket(place)]})

    @endpoint(
        blueprint,
        "DELETE",
        "/api/v1/bill/<bill_id>",
        Endpoint(
            who=Audience.ADMIN,
            about="Take a file of the bill out.",
            group=_BILL,
            answers={200: Content(BillRemoved)},
            paths={"bill_id": "Id of a file."},
        ),
    )
    def delete_bill(bill_id: str) -> Response:
        services.bills.remove(bill_id)
        return json_answer({"removed": bill_id})

    return blueprint


def _compare(services: Services, query: BillQuery) -> Comparison:
    return services.bills.compare(
        form=BillFormat(query.format) if query.format else None,
        first=_day(query.first, "first"),
        last=_day(query.last, "last"),
    )


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidFilter(f"{text[:40]!r} is not a date such as 2026-03-01", field=name) from None


def _row(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "day": row["day"].date(),
        "account": row["account"],
        "instance_id": row["instance_id"] if isinstance(row["instance_id"], str) else None,
        **{name: float(row[name]) for name in ("ours_usd", "aws_usd", "difference_usd")},
        "causes": {cause.value: float(row[f"{cause.value}_usd"]) for cause in Cause},
    }


def _csv(compared: Comparison) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(compared.rows.columns)
    for row in compared.rows.itertuples(index=False):
        writer.writerow([f"{row[0]:%Y-%m-%d}", *("" if cell is None else cell for cell in row[1:])])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
