"""Spot price history and price lists: the real ones counted, and what is refused."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters import price_list, spot_prices
from mmbatch_dash.adapters.documents import read_documents
from mmbatch_dash.adapters.guessing import guess
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

ROW = {
    "AvailabilityZone": "us-east-1f",
    "InstanceType": "m5.large",
    "ProductDescription": "Linux/UNIX",
    "SpotPrice": "0.043700",
    "Timestamp": "2021-02-09T01:40:10+00:00",
}
LIST_HEADER = "generated_at,region,instance_type,ondemand_usd_per_hour\n"


def spot(*rows: dict[str, Any]) -> list[Entry | Rejection]:
    text = json.dumps({"SpotPriceHistory": rows})
    return list(spot_prices.read_answers(read_documents(text, door="spot-prices", file="s.json"), file="s.json"))


def listed(*lines: str) -> list[Entry | Rejection]:
    return list(price_list.read_csv([LIST_HEADER, *lines], file="p.csv"))


def test_the_real_spot_history_is_250_linux_prices(shared_data: Path) -> None:
    # grep -c '"Linux/UNIX"' → 250; the sum of its prices by jq is compared below.
    text = (shared_data / "spot_prices" / "instance_selector_m5_large_us-east-1.json").read_text()
    results = list(spot_prices.read_answers(read_documents(text, door="spot-prices", file=None)))
    facts = [fact for result in results if isinstance(result, Entry) for fact in result.facts]
    plain = json.loads(text)["SpotPriceHistory"]
    assert len(results) == len(facts) == len(plain) == 250
    assert sum(fact["usd_per_hour"] for fact in facts) == pytest.approx(sum(float(row["SpotPrice"]) for row in plain))
    assert {(fact["region"], fact["purchase_option"]) for fact in facts} == {("us-east-1", "spot")}


def test_a_linux_row_is_a_price_of_its_zone_from_its_time_on() -> None:
    [entry] = spot(ROW)
    assert isinstance(entry, Entry)
    at = datetime(2021, 2, 9, 1, 40, 10, tzinfo=UTC)
    assert entry.time == at
    assert entry.facts == [
        {
            "type": "mmbatch.price.observed",
            "at": at,
            "region": "us-east-1",
            "availability_zone": "us-east-1f",
            "instance_type": "m5.large",
            "purchase_option": "spot",
            "usd_per_hour": 0.0437,
            "effective_at": at,
            "price_source": "aws.ec2/spot-price-history",
        }
    ]


def test_prices_of_other_products_are_kept_without_facts() -> None:
    windows, linux = spot({**ROW, "ProductDescription": "Windows"}, {**ROW, "ProductDescription": "SUSE Linux"})
    assert isinstance(windows, Entry)
    assert isinstance(linux, Entry)
    assert windows.facts == linux.facts == []


def test_csv_with_the_same_columns_gives_the_same_entries() -> None:
    columns = list(reversed(ROW))
    lines = [",".join(["Extra", *columns]) + "\n", ",".join(["x", *(ROW[column] for column in columns)]) + "\n"]
    assert [unplaced(entry) for entry in spot_prices.read_csv(lines)] == [unplaced(entry) for entry in spot(ROW)]


def unplaced(entry: Entry | Rejection) -> Entry:
    assert isinstance(entry, Entry)
    return entry._replace(place=None)


@pytest.mark.parametrize(("separator", "quote"), [(",", '"'), (";", ""), (";", '"'), ("\t", "")])
def test_a_table_of_prices_may_be_quoted_and_separated_by_semicolon_or_tab(separator: str, quote: str) -> None:
    lines = [separator.join(f"{quote}{cell}{quote}" for cell in cells) + "\n" for cells in (ROW, ROW.values())]
    assert guess("".join(lines), "prices.csv") == "spot-prices"
    assert [unplaced(entry) for entry in spot_prices.read_csv(lines)] == [unplaced(entry) for entry in spot(ROW)]
    listed = {"generated_at": "2023-01-01T00:00:00Z", "region": "us-east-1", "instance_type": "m5.large"}
    listed["ondemand_usd_per_hour"] = "0.096"
    lines = [separator.join(f"{quote}{cell}{quote}" for cell in cells) + "\n" for cells in (listed, listed.values())]
    assert guess("".join(lines), "prices.csv") == "prices"
    [entry] = price_list.read_csv(lines)
    assert isinstance(entry, Entry)
    assert entry.facts[0]["usd_per_hour"] == 0.096


def test_rows_that_query_left_alone_count_as_the_whole_answer_would() -> None:
    text = json.dumps([ROW, ROW])
    assert guess(text, "prices.json") == "spot-prices"
    assert [entry.facts for entry in spot_prices.read_answers([[ROW]])] == [entry.facts for entry in spot(ROW)]


def test_a_line_that_is_cut_off_is_kept_aside_as_it_stands() -> None:
    lines = ["AvailabilityZone,InstanceType,ProductDescription,SpotPrice,Timestamp\n", "us-east-1a,m5.large\n"]
    [rejection] = spot_prices.read_csv(lines, file="p.csv")
    assert isinstance(rejection, Rejection)
    assert (rejection.raw, rejection.index, rejection.file) == ("us-east-1a,m5.large", 2, "p.csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SpotPrice": "-0.1"}, "SpotPrice: must be greater than 0"),
        ({"SpotPrice": "cheap"}, "SpotPrice: must be a number"),
        ({"SpotPrice": "1000.5"}, "SpotPrice: 1000.5 USD an hour is more than 1000"),
        ({"SpotPrice": "nan"}, "SpotPrice: must be a number"),
        ({"Timestamp": "2021-02-09T01:40:10"}, "Timestamp: .* has no time zone"),
        ({"ProductDescription": None}, "ProductDescription: is missing"),
    ],
)
def test_a_bad_spot_row_is_kept_aside(change: dict[str, Any], message: str) -> None:
    good, bad = spot(ROW, {**ROW, **change})
    assert isinstance(good, Entry)
    assert isinstance(bad, Rejection)
    assert (bad.index, bad.file) == (2, "s.json")
    with pytest.raises(InvalidInput, match=message):
        raise InvalidInput(bad.error)


def test_a_document_that_is_no_spot_history_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no spot price history"):
        list(spot_prices.read_answers([{"jobs": []}]))


def test_the_real_price_list_has_2686_usd_prices_and_316_refused_cny_ones(shared_data: Path) -> None:
    # cut -d, -f2 FILE | sort | uniq -c → us-east-1 1367, us-gov-east-1 549, us-gov-west-1 770, cn-north-1 316
    path = shared_data / "prices" / "karpenter_ondemand_linux_2026-07.csv"
    with path.open(newline="") as lines:
        results = list(price_list.read_csv(lines, file=path.name))
    regions = Counter(fact["region"] for result in results if isinstance(result, Entry) for fact in result.facts)
    refused = [result for result in results if isinstance(result, Rejection)]
    assert regions == {"us-east-1": 1367, "us-gov-east-1": 549, "us-gov-west-1": 770}
    assert len(refused) == 316
    assert all("currency" in rejection.error for rejection in refused)


def test_a_listed_price_is_on_demand_and_in_force_from_when_the_list_was_made() -> None:
    [entry] = listed("2026-07-20T13:44:30Z,us-east-1,a1.2xlarge,0.204000\n")
    assert isinstance(entry, Entry)
    [fact] = entry.facts
    assert fact["effective_at"] == datetime(2026, 7, 20, 13, 44, 30, tzinfo=UTC)
    assert (fact["purchase_option"], fact["usd_per_hour"]) == ("on-demand", 0.204)
    assert "availability_zone" not in fact


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-07-20T13:44:30Z,us-east-1,a1.2xlarge,0.000000", "ondemand_usd_per_hour: must be greater than 0"),
        ("2026-07-20T13:44:30Z,us-east-1,a1.2xlarge,", "ondemand_usd_per_hour: is missing"),
        ("2026-07-20T13:44:30Z,cn-north-1,a1.2xlarge,1.5", "region: currency: .* CNY"),
        ("2026-07-20T13:44:30Z,us-east-1", "2 columns, its header 4"),
    ],
)
def test_an_unknown_or_foreign_price_is_kept_aside_with_its_line(line: str, message: str) -> None:
    good, bad = listed("2026-07-20T13:44:30Z,us-east-1,a1.large,0.1\n", line)
    assert isinstance(good, Entry)
    assert isinstance(bad, Rejection)
    assert (bad.index, bad.file, bad.door) == (3, "p.csv", "prices")
    with pytest.raises(InvalidInput, match=message):
        raise InvalidInput(bad.error)


def test_a_list_without_its_columns_is_refused() -> None:
    with pytest.raises(InvalidInput, match="the header has no generated_at"):
        list(price_list.read_csv(["region,instance_type\n"]))
