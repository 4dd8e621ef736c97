"""Reads a bill (CUR 2.0, its older spelling, split cost allocation data, FOCUS; CSV or Parquet) and reduces it.

A million lines come down to a row a day, account, instance and kind; money is exact to 10⁻¹⁰ USD. Savings plans and
reservations stand as they are used (amortised): covered hours at their effective cost, what was not used on its own.
"""

import re
from collections.abc import Collection
from pathlib import Path

import duckdb

from mmbatch_dash.domain.bill import BillFormat
from mmbatch_dash.domain.errors import InvalidInput

MONEY = "DECIMAL(28, 10)"
MEMORY_LIMIT = "1GB"
_NEEDED = {
    BillFormat.CUR: ("line_item_usage_start_date", "line_item_usage_type", "line_item_unblended_cost"),
    BillFormat.FOCUS: ("ChargePeriodStart", "EffectiveCost", "BilledCost"),
}

_CUR_KIND = """
    CASE WHEN r_line_type IN ('Tax', 'Credit', 'Refund', 'Fee', 'BundledDiscount', 'EdpDiscount', 'PrivateRateDiscount',
                            'RiVolumeDiscount', 'SppDiscount', 'Discount') THEN 'fees'
         WHEN r_line_type IN ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'SavingsPlanNegation', 'RIFee')
         THEN 'commitment'
         WHEN r_product NOT IN ('AmazonEC2', 'AWSDataTransfer') THEN 'other'
         ELSE {by_usage} END"""
_BY_USAGE = """
    CASE WHEN regexp_matches(r_usage, '^(BoxUsage|SpotUsage|DedicatedUsage|HostBoxUsage|SchedUsage)') THEN 'compute'
         WHEN regexp_matches(r_usage, '^(EBSOptimized|CPUCredits|ElasticGPU|UnusedBox|UnusedDed)') THEN 'surcharge'
         WHEN r_usage LIKE 'EBS:%' THEN 'ebs'
         WHEN regexp_matches(r_usage, 'DataTransfer|-Bytes|NatGateway|PublicIPv4|ElasticIP|VpcPeering|DataProcessing')
         THEN 'transfer' ELSE 'other' END"""
_FOCUS_KIND = """
    CASE WHEN r_category IN ('Tax', 'Credit', 'Adjustment') THEN 'fees'
         WHEN r_category = 'Purchase' OR r_commitment = 'Unused' THEN 'commitment'
         WHEN NOT regexp_matches(r_service, 'Elastic Compute|AmazonEC2|EC2|Data Transfer|AWSDataTransfer') THEN 'other'
         WHEN r_usage <> '' AND ({by_usage}) <> 'other' THEN ({by_usage})
         WHEN instance_id IS NOT NULL AND regexp_matches(r_unit, '(?i)^(hrs|hours?)$') THEN 'compute'
         WHEN regexp_matches(r_resource, 'vol-|snap-') THEN 'ebs'
         WHEN regexp_matches(r_described, '(?i)transfer|nat gateway') THEN 'transfer' ELSE 'other' END"""


def reduce_bill(source: Path, target: Path) -> tuple[BillFormat, int]:
    """Writes a bill's lines to a Parquet file of rows (day, account, instance_id, kind, usd, before_usd, hours, lines).

    `usd` is what a line costs with commitments as they are used, `before_usd` what it would without them; `hours` is
    of compute.

    Args:
        source: the bill; .csv, .csv.gz or .parquet.
        target: where to.

    Returns:
        Its format and number of lines.

    Raises:
        InvalidInput: it is none of these, or a line of it cannot be read.
    """
    connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY_LIMIT})
    connection.execute("SET TimeZone = 'UTC'")
    try:
        table = _open(connection, source)
        names = {_plain(column): column for column in table}
        form = _format_of(names, source)
        lines = _cur_lines(names) if form is BillFormat.CUR else _focus_lines(names)
        connection.execute(
            f"""
            CREATE TABLE reduced AS
            SELECT day, account, instance_id, kind, sum(usd) AS usd, sum(before_usd) AS before_usd,
                   sum(hours) FILTER (kind = 'compute') AS hours, count(*) AS lines
            FROM ({lines}) GROUP BY ALL"""
        )
        [(count, undated)] = connection.execute(
            "SELECT coalesce(sum(lines), 0)::BIGINT, coalesce(sum(lines) FILTER (day IS NULL), 0)::BIGINT FROM reduced"
        ).fetchall()
        if undated:
            raise InvalidInput(f"{source.name} has {undated:,} lines without a time that can be read", field="bill")
        connection.execute(f"COPY (SELECT * FROM reduced ORDER BY day) TO '{_quoted(target)}' (FORMAT parquet)")
    except duckdb.Error as error:
        # Where the server keeps it is nobody's business.
        why = str(error).splitlines()[0].replace(str(source), source.name)
        raise InvalidInput(f"{source.name} cannot be read: {why}", field="bill") from None
    finally:
        connection.close()
    return form, int(count)


def _open(connection: duckdb.DuckDBPyConnection, source: Path) -> list[str]:
    """Makes the view `bill` of a file; its columns come back as they are spelled."""
    path = _quoted(source)
    if source.suffix == ".parquet":
        connection.execute(f"CREATE VIEW bill AS SELECT * FROM read_parquet('{path}')")
    else:
        connection.execute(
            f"""CREATE VIEW bill AS SELECT * FROM read_csv('{path}', all_varchar = true, header = true, delim = ',',
                quote = '"', escape = '"', nullstr = ['NULL', ''], null_padding = false)"""
        )
    return [str(row[0]) for row in connection.execute("DESCRIBE bill").fetchall()]


def _format_of(names: Collection[str], source: Path) -> BillFormat:
    for form, needed in _NEEDED.items():
        if set(needed) <= set(names):
            return form
    wanted = "; or ".join(f"{form.value.upper()} with {', '.join(needed)}" for form, needed in _NEEDED.items())
    raise InvalidInput(f"{source.name} is no bill that is known here: {wanted}", field="bill")


def _plain(column: str) -> str:
    """`lineItem/UsageStartDate` of an older report as CUR 2.0 has it; FOCUS names as they are."""
    if "/" not in column:
        return column
    return re.sub(r"(?<!^)(?<!_)([A-Z])", r"_\1", column.replace("/", "_")).lower()


def _cur_lines(names: dict[str, str]) -> str:
    def text(name: str) -> str:
        return f"coalesce(\"{names[name]}\"::VARCHAR, '')" if name in names else "''"

    def money(*choices: str) -> str:
        known = [f'TRY_CAST("{names[name]}" AS {MONEY})' for name in choices if name in names]
        return f"coalesce({', '.join([*known, f'0::{MONEY}'])})"

    unblended = money("line_item_unblended_cost")
    unused_plan = (
        f"{money('savings_plan_total_commitment_to_date')} - {money('savings_plan_used_commitment')}"
        if "savings_plan_used_commitment" in names
        else f"0::{MONEY}"
    )
    unused_reservation = " + ".join(
        money(name)
        for name in (
            "reservation_unused_amortized_upfront_fee_for_billing_period",
            "reservation_unused_recurring_fee",
        )
    )
    used = """
        CASE r_line_type WHEN 'SavingsPlanCoveredUsage' THEN {plan} WHEN 'DiscountedUsage' THEN {reserved}
             WHEN 'SavingsPlanNegation' THEN 0 WHEN 'SavingsPlanUpfrontFee' THEN 0
             WHEN 'SavingsPlanRecurringFee' THEN {unused_plan} WHEN 'RIFee' THEN {unused_reservation}
             ELSE {unblended} END""".format(
        plan=money("savings_plan_savings_plan_effective_cost"),
        reserved=money("reservation_effective_cost", "line_item_unblended_cost"),
        unused_plan=unused_plan,
        unused_reservation=unused_reservation,
        unblended=unblended,
    )
    public = money("pricing_public_on_demand_cost", "line_item_unblended_cost")
    before = f"""
        CASE r_line_type WHEN 'SavingsPlanCoveredUsage' THEN {unblended} WHEN 'DiscountedUsage' THEN {public}
             ELSE usd END"""
    return f"""
        SELECT *, {before} AS before_usd, {_CUR_KIND.format(by_usage=_BY_USAGE)} AS kind FROM (
            SELECT *, {used} AS usd,
                   {_day(names["line_item_usage_start_date"])} AS day,
                   {text("line_item_usage_account_id")} AS account,
                   {_instance(text("line_item_resource_id"))} AS instance_id,
                   {_hours(names, "line_item_usage_amount")} AS hours
            FROM (SELECT *, {text("line_item_line_item_type")} AS r_line_type,
                         {text("line_item_product_code")} AS r_product,
                         {_usage(text("line_item_usage_type"))} AS r_usage FROM bill))"""


def _focus_lines(names: dict[str, str]) -> str:
    def text(*choices: str) -> str:
        known = [f"nullif(\"{names[name]}\"::VARCHAR, '')" for name in choices if name in names]
        return f"coalesce({', '.join([*known, chr(39) * 2])})"

    def money(*choices: str) -> str:
        known = [f'TRY_CAST("{names[name]}" AS {MONEY})' for name in choices if name in names]
        return f"coalesce({', '.join([*known, f'0::{MONEY}'])})"

    # A purchase is paid once and used over its term: its use is in the lines that it covers.
    usd = f"CASE WHEN r_category = 'Purchase' THEN 0 ELSE {money('EffectiveCost')} END"
    before = f"CASE WHEN r_commitment = 'Used' THEN {money('ListCost', 'ContractedCost')} ELSE usd END"
    return f"""
        SELECT *, {before} AS before_usd, {_FOCUS_KIND.format(by_usage=_BY_USAGE)} AS kind FROM (
            SELECT *, {usd} AS usd FROM (
                SELECT *, {_day(names["ChargePeriodStart"])} AS day,
                       {text("SubAccountId", "BillingAccountId")} AS account,
                       {text("ResourceId")} AS r_resource, {_instance(text("ResourceId"))} AS instance_id,
                       {_hours(names, "ConsumedQuantity", "PricingQuantity")} AS hours,
                       {text("ChargeCategory")} AS r_category, {text("CommitmentDiscountStatus")} AS r_commitment,
                       {text("x_ServiceCode", "ServiceName")} AS r_service,
                       {text("ConsumedUnit", "PricingUnit")} AS r_unit,
                       {text("ChargeDescription")} AS r_described,
                       {_usage(text("x_UsageType", "SkuMeter"))} AS r_usage FROM bill))"""


def _day(column: str) -> str:
    bare = f"regexp_replace(\"{column}\"::VARCHAR, '(Z|[+-]00(:?00)?)$', '')"
    return f"TRY_CAST({bare} AS TIMESTAMP)::DATE"


def _instance(resource: str) -> str:
    return f"nullif(regexp_extract({resource}, '(^|/)(i-[0-9a-f]{{8,17}})$', 2), '')"


def _usage(usage_type: str) -> str:
    """Without the region that stands before it outside us-east-1: `EUC1-BoxUsage:m5.large`."""
    return f"regexp_replace({usage_type}, '^([A-Z]{{2,4}}[0-9]|EU)-', '')"


def _hours(names: dict[str, str], *choices: str) -> str:
    known = [f'TRY_CAST("{names[name]}" AS DOUBLE)' for name in choices if name in names]
    return f"coalesce({', '.join([*known, '0.0'])})"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
