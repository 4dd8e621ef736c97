"""A made month: attempts on instances, and the bill AWS would write for them, with causes planted to the cent."""

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DAY = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT = "111122223333"
SPOT_RATE, ON_DEMAND_RATE = 0.40, 1.00
CUR = (
    "identity_line_item_id", "line_item_usage_start_date", "line_item_usage_end_date", "line_item_line_item_type",
    "line_item_product_code", "line_item_usage_type", "line_item_operation", "line_item_resource_id",
    "line_item_usage_account_id", "line_item_usage_amount", "line_item_currency_code", "line_item_unblended_cost",
    "pricing_public_on_demand_cost", "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date", "savings_plan_used_commitment", "reservation_effective_cost",
    "split_line_item_parent_resource_id", "split_line_item_split_cost", "split_line_item_unused_cost",
)  # fmt: skip
FOCUS = (
    "BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ChargePeriodStart", "ChargePeriodEnd",
    "ChargeCategory", "ChargeDescription", "CommitmentDiscountStatus", "ConsumedQuantity", "ConsumedUnit",
    "ResourceId", "SubAccountId", "BillingAccountId", "ServiceName", "SkuMeter",
)  # fmt: skip
PLANTED = {
    "idle": 0.20, "without_jobs": 0.80, "ebs": 0.31, "transfer": 0.07, "surcharge": 0.02, "commitments": -0.35,
    "missing_price": 0.40, "other_price": 0.12, "sharing": -0.40, "not_billed": -0.40, "fees": 1.23, "other": 5.00,
}  # fmt: skip
"""What the difference consists of, in USD."""


def instance(number: int) -> str:
    return f"i-{number:017x}"


def told() -> list[dict[str, Any]]:
    """Jobs on eight instances."""
    return [
        # Half an hour of one and a half billed ones lies idle.
        *job("idle", 1, 0, 60, rate=SPOT_RATE),
        # Covered by a savings plan: 0.65 where the list says 1.00.
        *job("covered", 3, 0, 60, rate=ON_DEMAND_RATE, option="on-demand"),
        # Nobody told a price, and none is known of its type.
        *job("unpriced", 4, 0, 60, rate=None),
        # AWS charges 0.52, the agent said 0.40.
        *job("dearer", 5, 0, 60, rate=SPOT_RATE),
        # Two side by side, each charged the whole.
        *job("left", 6, 0, 60, rate=SPOT_RATE),
        *job("right", 6, 0, 60, rate=SPOT_RATE),
        # The bill knows nothing of it.
        *job("unbilled", 7, 0, 60, rate=SPOT_RATE),
        # Over midnight, both days billed to the cent.
        *job("night", 8, 23 * 60, 25 * 60, rate=SPOT_RATE),
    ]


def job(name: str, number: int, start: float, end: float, *, rate: float | None, option: str = "spot") -> list[Any]:
    def event(kind: str, minute: float, **data: Any) -> dict[str, Any]:
        at = (DAY + timedelta(minutes=minute)).isoformat()
        head = {"specversion": "1.0", "id": f"{name}/{kind}", "source": "tests", "type": f"mmbatch.{kind}", "time": at}
        return {**head, "data": {"job_id": name, "attempt": 1, **data}}

    place = {"instance_type": "x9.mystery", "availability_zone": "us-east-1a", "purchase_option": option}
    price = {} if rate is None else {"usd_per_hour": rate}
    return [
        event("job.started", start, instance_id=instance(number), queue="align", **place, **price),
        event("job.succeeded", end),
    ]


def lines() -> Iterator[dict[str, Any]]:
    """The bill's lines, by plain names."""
    yield compute(1, 1.5, 0.60)
    yield compute(2, 2.0, 0.80)
    yield {**compute(3, 1.0, 1.00, spot=False), "type": "SavingsPlanCoveredUsage", "effective": 0.60}
    yield {"type": "SavingsPlanNegation", "usage": "BoxUsage:m5.xlarge", "usd": -1.00}
    yield {"type": "SavingsPlanRecurringFee", "usage": "ComputeSP", "usd": 0.65, "commitment": (0.65, 0.60)}
    yield compute(4, 1.0, 0.40)
    yield compute(5, 1.0, 0.52)
    yield compute(6, 1.0, 0.40)
    yield compute(8, 1.0, 0.40, hour=23)
    yield compute(8, 1.0, 0.40, hour=24)
    yield {"usage": "EUC1-EBS:VolumeUsage.gp3", "resource": "vol-0123456789abcdef0", "usd": 0.31}
    yield {"usage": "USE1-DataTransfer-Out-Bytes", "resource": instance(1), "usd": 0.07}
    yield {"usage": "EBSOptimized:c5d.2xlarge", "resource": instance(1), "usd": 0.02}
    yield {"product": "AmazonS3", "usage": "TimedStorage-ByteHrs", "resource": "bucket", "usd": 5.00}
    yield {"type": "Tax", "usage": "", "usd": 1.23}
    yield {"product": "AmazonECS", "usage": "USE1-ECS-EC2-vCPU-Hours", "operation": "ECSTask-EC2", "usd": 0.0,
           "split": (instance(6), 0.2, 0.2)}  # fmt: skip


def compute(number: int, hours: float, usd: float, *, spot: bool = True, hour: int = 0) -> dict[str, Any]:
    usage = "EUC1-SpotUsage:m5.xlarge" if spot else "BoxUsage:m5.xlarge"
    return {"usage": usage, "resource": instance(number), "hours": hours, "usd": usd, "hour": hour}


def cur_row(line: dict[str, Any], number: int) -> dict[str, Any]:
    start = DAY + timedelta(hours=line.get("hour", 0))
    total, used = line.get("commitment", ("", ""))
    parent, split, unused = line.get("split", ("", "", ""))
    values = (
        f"li{number}", iso(start), iso(start + timedelta(hours=1)), line.get("type", "Usage"),
        line.get("product", "AmazonEC2"), line["usage"], line.get("operation", "RunInstances"),
        line.get("resource", ""), ACCOUNT, line.get("hours", 1.0), "USD", line["usd"], line["usd"],
        line.get("effective", ""), total, used, "", parent, split, unused,
    )  # fmt: skip
    return dict(zip(CUR, values, strict=True))


def focus_rows(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if line.get("type") in ("SavingsPlanNegation",):
        return
    start = DAY + timedelta(hours=line.get("hour", 0))
    category, status, effective = "Usage", "", line["usd"]
    if line.get("type") == "SavingsPlanCoveredUsage":
        status, effective = "Used", line["effective"]
    if line.get("type") == "SavingsPlanRecurringFee":
        status, effective = "Unused", line["commitment"][0] - line["commitment"][1]
    if line.get("type") == "Tax":
        category = "Tax"
    service = {"AmazonEC2": "Amazon Elastic Compute Cloud", "AmazonS3": "Amazon Simple Storage Service"}
    values = (
        line["usd"], effective, line["usd"], line["usd"], iso(start), iso(start + timedelta(hours=1)), category,
        line["usage"], status, line.get("hours", 1.0), "Hours" if "hours" in line else "", line.get("resource", ""),
        ACCOUNT, "999900001111", service.get(line.get("product", "AmazonEC2"), "Amazon ECS"), line["usage"],
    )  # fmt: skip
    yield dict(zip(FOCUS, values, strict=True))


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def write(path: Path, names: Iterable[str], rows: Iterable[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(names))
        writer.writeheader()
        writer.writerows(rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    return path


def write_cur(path: Path) -> Path:
    return write(path, CUR, (cur_row(line, number) for number, line in enumerate(lines())))


def write_focus(path: Path) -> Path:
    return write(path, FOCUS, (row for line in lines() for row in focus_rows(line)))
