"""A bill beside our own cost: every planted cause is found to the cent, and the causes sum to the difference."""

import csv
import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from typer.testing import CliRunner

from mmbatch_dash.commands.bill import app as cli
from mmbatch_dash.domain.bill import BillFormat, Cause
from mmbatch_dash.factory import create_app
from mmbatch_dash.pages.bill.panels import build_causes, build_days, build_lead, build_rows
from mmbatch_dash.pages.markup import render_markup
from mmbatch_dash.services import open_services
from mmbatch_dash.services.bill import RECEIVING, Comparison
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.bill.lines import reduce_bill
from tests.api.conftest import Server
from tests.bill import made

LINES = int(os.environ.get("BILL_LINES", "20000"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = build_settings(tmp_path_factory.mktemp("server"))
    services = open_services(settings, clock=lambda: datetime(2026, 3, 5, tzinfo=UTC), start_folding=False)
    server = Server(services, create_app(services).test_client())
    server.send(made.told())
    yield server
    services.close()


@pytest.fixture(autouse=True)
def _without_bills(server: Server) -> Iterator[None]:
    yield
    for bill in server.services.bills.list():
        server.services.bills.remove(bill.id)


def check(compared: Comparison, planted: dict[str, float]) -> None:
    found = {cause.value: usd for cause, usd in compared.by_cause().items()}
    assert {name: round(float(usd), 8) for name, usd in found.items()} == pytest.approx(planted, abs=1e-8)
    difference = compared.total("aws_usd") - compared.total("ours_usd")
    assert sum(found.values(), Decimal(0)) == difference == compared.total("difference_usd")
    for row in compared.rows.to_dict("records"):
        parts = sum((Decimal(str(row[f"{cause.value}_usd"])) for cause in Cause), Decimal(0))
        assert parts == Decimal(str(row["aws_usd"])) - Decimal(str(row["ours_usd"]))


def test_every_planted_cause_of_a_cur_is_found_to_the_cent(server: Server, tmp_path: Path) -> None:
    bill = server.services.bills.take(made.write_cur(tmp_path / "bill.csv"), "bill.csv")
    assert (bill.format, bill.lines) == (BillFormat.CUR, 16)
    compared = server.services.bills.compare()
    check(compared, made.PLANTED)
    by_instance = {row["instance_id"]: row for row in compared.rows.to_dict("records") if row["day"].day == 1}
    assert float(by_instance[made.instance(5)]["other_price_usd"]) == pytest.approx(0.12)
    assert float(by_instance[made.instance(6)]["sharing_usd"]) == pytest.approx(-0.40)


def test_the_same_bill_as_focus_has_the_same_causes(server: Server, tmp_path: Path) -> None:
    server.services.bills.take(made.write_focus(tmp_path / "focus.csv.gz"), "focus.csv.gz")
    check(server.services.bills.compare(), made.PLANTED)


def test_a_bill_as_parquet_is_read(server: Server, tmp_path: Path) -> None:
    source, target = made.write_cur(tmp_path / "bill.csv"), tmp_path / "bill.parquet"
    duckdb.read_csv(str(source)).write_parquet(str(target))
    server.services.bills.take(target, "bill.parquet")
    check(server.services.bills.compare(), made.PLANTED)


def test_our_own_focus_export_differs_from_us_by_nothing_but_what_has_no_price(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "ours.csv"
    path.write_bytes(server.client.get("/api/v1/focus.csv").data)
    server.services.bills.take(path, "ours.csv")
    compared = server.services.bills.compare()
    # Two side by side are two rows of one hour each: their hours are billed twice and run once.
    assert float(compared.total("difference_usd")) == pytest.approx(0.0, abs=1e-9)
    assert float(compared.by_cause()[Cause.OTHER_PRICE]) == pytest.approx(0.0, abs=1e-9)


def test_the_same_file_twice_adds_nothing_and_another_of_its_name_replaces_it(server: Server, tmp_path: Path) -> None:
    bills, path = server.services.bills, made.write_cur(tmp_path / "bill.csv")
    first = bills.take(path, "bill.csv")
    assert bills.take(path, "again.csv") == first
    path.write_text(path.read_text().replace("li0,", "li99,"))
    assert [bill.id for bill in bills.list()] == [first.id]
    second = bills.take(path, "bill.csv")
    assert [bill.id for bill in bills.list()] == [second.id]


def test_a_bill_comes_and_goes_over_http(server: Server, tmp_path: Path) -> None:
    assert "There is no bill yet" in server.get("/api/v1/bill", expected=404)["message"]
    body = made.write_cur(tmp_path / "bill.csv").read_bytes()
    answer = server.client.post("/api/v1/bill?name=bill.csv", data=body, content_type="application/octet-stream")
    assert answer.status_code == 200, answer.text
    [file] = answer.json["files"]
    compared = server.get("/api/v1/bill", first="2026-03-01", last="2026-03-01")
    assert (compared["first_day"], compared["last_day"], compared["row_count"]) == ("2026-03-01", "2026-03-01", 9)
    assert compared["difference_usd"] == pytest.approx(sum(compared["causes"].values()))
    rows = list(csv.DictReader(io.StringIO(server.client.get("/api/v1/bill.csv").text)))
    assert sum(Decimal(row["difference_usd"]) for row in rows) == Decimal("7.0000000000")
    assert server.client.delete(f"/api/v1/bill/{file['id']}").json == {"removed": file["id"]}
    assert server.client.delete(f"/api/v1/bill/{file['id']}").status_code == 404


def test_what_a_killed_server_left_of_a_bill_is_gone_after_the_next_start(tmp_path: Path) -> None:
    bill, receiving = made.write_cur(tmp_path / "bill.csv"), tmp_path / "data" / f"{RECEIVING}x7"
    settings = build_settings(tmp_path / "data")
    services = open_services(settings, start_folding=False)
    kept = services.bills.take(bill, "bill.csv")
    services.close()
    bills = settings.data_dir / "bills"
    receiving.mkdir()
    (receiving / "bill.csv").write_bytes(bill.read_bytes()[:500])
    for name in ("other.part", "other.parquet", ".other.json.x.new"):
        (bills / name).write_bytes(b"PAR1")
    services = open_services(settings, start_folding=False)
    try:
        assert not receiving.exists()
        assert sorted(path.name for path in bills.iterdir()) == [f"{kept.id}.json", f"{kept.id}.parquet"]
        assert services.bills.list() == [kept]
    finally:
        services.close()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("bill.csv", b"a,b\n1,2\n", "is no bill that is known here: CUR with line_item_usage_start_date"),
        ("bill.parquet", b"not parquet", "cannot be read"),
        ("bill.csv", b"line_item_usage_start_date,line_item_usage_type,line_item_unblended_cost\nsoon,x,1\n",
         "has 1 lines without a time that can be read"),
    ],
)  # fmt: skip
def test_what_is_no_bill_is_refused_and_changes_nothing(server: Server, name: str, body: bytes, said: str) -> None:
    answer = server.client.post(f"/api/v1/bill?name={name}", data=body, content_type="application/octet-stream")
    assert answer.status_code == 422
    assert said in answer.json["message"]
    assert str(server.services.settings.data_dir) not in answer.text
    assert server.services.bills.list() == []


@pytest.mark.usefixtures("aws_stand_in")
def test_bills_are_read_from_a_bucket(server: Server, tmp_path: Path) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bills")
    key = "cur/data/BILLING_PERIOD=2026-03/bill-00001.csv.gz"
    s3.upload_file(str(made.write_cur(tmp_path / "bill.csv.gz")), "bills", key)
    s3.put_object(Bucket="bills", Key="cur/metadata/manifest.json", Body=b"{}")
    answer = server.client.post("/api/v1/bill/s3", json={"place": "s3://bills/cur"})
    assert answer.status_code == 200, answer.text
    assert [file["name"] for file in answer.json["files"]] == [f"s3://bills/{key}"]
    check(server.services.bills.compare(), made.PLANTED)
    assert server.client.post("/api/v1/bill/s3", json={"place": "s3://bills/none"}).status_code == 422


@pytest.mark.parametrize(
    ("name", "lines", "kinds"),
    [
        ("cur/made_cur2_spot_sp_split.csv", 8, {"compute": "0.22", "surcharge": "0.01", "ebs": "0.011111",
                                                "commitment": "0", "fees": "0.03", "other": "0"}),
        ("cur/cur2_minimal.csv", None, None),
        ("cur/cur1_minimal.csv", None, None),
        ("cur/cur1_nise_ec2_ebs_sp_ri.csv", 40, None),
        ("focus/focus_1_0_aws_ec2_sample.csv", 142, None),
        ("focus/aws_focus_1_2_export_shape.csv", 2, None),
    ],
)  # fmt: skip
def test_real_bills_are_read(shared_data: Path, tmp_path: Path, name: str, lines: int | None, kinds: Any) -> None:
    target = tmp_path / "reduced.parquet"
    _, count = reduce_bill(shared_data / name, target)
    assert count > 0
    assert lines in (None, count)
    found = duckdb.execute(
        "SELECT kind, sum(usd)::VARCHAR FROM read_parquet(?) GROUP BY kind", [str(target)]
    ).fetchall()
    if kinds is not None:
        assert {kind: Decimal(usd) for kind, usd in found} == {kind: Decimal(usd) for kind, usd in kinds.items()}


def test_many_lines_are_read_in_time(server: Server, tmp_path: Path) -> None:
    """With BILL_LINES=1000000 (`make bill`) the whole of it takes at most 30 s."""
    path = tmp_path / "many.csv"

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(LINES):
            line = made.compute(number % 5000 + 100, 1.0, 0.40, hour=number // 5000 % 720)
            yield made.cur_row(line, number)

    made.write(path, made.CUR, rows())
    began = time.monotonic()
    bill = server.services.bills.take(path, "many.csv")
    compared = server.services.bills.compare()
    taken = time.monotonic() - began
    print(f"\n{LINES:,} lines in {taken:.1f} s")  # noqa: T201 - the figure is the point of the target
    assert bill.lines == LINES
    assert float(compared.total("aws_usd")) == pytest.approx(0.40 * LINES)
    assert compared.last <= (made.DAY + timedelta(days=30)).date()
    assert taken <= 30


def test_the_page_shows_why_they_differ(server: Server, tmp_path: Path) -> None:
    server.services.bills.take(made.write_cur(tmp_path / "bill.csv"), "bill.csv")
    compared = server.services.bills.compare()
    assert build_lead(compared) == "2026-03-01 to 2026-03-02: AWS $10.80, here $3.80, difference $7.00"
    shown = render_markup([build_causes(compared), build_days(compared), build_rows(compared)])
    for said in ("Idle or booting", "$0.20", "Other services", "$5.00", made.instance(5), "Other price $0.12"):
        assert said in shown


def test_the_command_takes_a_bill_in_and_prints_the_causes(tmp_path: Path) -> None:
    folder, bill = str(tmp_path / "data"), str(made.write_cur(tmp_path / "bill.csv"))
    services = open_services(build_settings(tmp_path / "data"), start_folding=False)
    services.close()
    told = CliRunner().invoke(cli, ["import", bill, "--data-dir", folder])
    assert told.output == "bill.csv: 16 lines of CUR\n"
    told = CliRunner().invoke(cli, ["compare", "--data-dir", folder])
    assert "Instances without jobs" in told.output
    assert f"{'Difference':32}{'$10.80':>16}" in told.output
