"""How the shipped prices are made from a list that mixes tenancies: made lists in which the right prices are known."""

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

from tests.effort import effort

REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-south-1", "sa-east-1")
LEVELS = {
    "us-east-1": 1.0,
    "us-east-2": 1.0,
    "us-west-2": 1.0,
    "eu-west-1": 1.11,
    "eu-central-1": 1.2,
    "ap-south-1": 1.05,
}
BY_SIZE = {"large": 0.096, "xlarge": 0.192, "2xlarge": 0.384, "4xlarge": 0.768, "8xlarge": 1.536, "16xlarge": 3.072}
BY_GPU = {"xlarge": 0.526, "2xlarge": 0.752, "4xlarge": 1.204, "8xlarge": 2.176, "12xlarge": 3.912, "16xlarge": 4.352}
Table = dict[str, dict[str, float | None]]


@pytest.fixture(scope="module")
def extraction(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("extract_ec2", project / "data" / "extract_ec2.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def right(family: str, sizes: dict[str, float]) -> dict[str, dict[str, float]]:
    return {
        f"{family}.{size}": {region: usd * LEVELS.get(region, 1.6) for region in REGIONS} for size, usd in sizes.items()
    }


def mixed(prices: dict[str, dict[str, float]], dedicated: float, seed: int) -> Table:
    """The list as it is scraped: one price in six of another tenancy, one in six missing."""
    draw = random.Random(seed)
    kinds = [1.0, 1.0, 1.0, 1.0, dedicated, 0.0]
    return {
        name: {region: round(usd * draw.choice(kinds), 5) for region, usd in regions.items()}
        for name, regions in prices.items()
    }


@pytest.mark.parametrize("seed", range(effort(6, 2)))
@pytest.mark.parametrize(
    ("family", "sizes", "dedicated"), [("m5", BY_SIZE, 1.06), ("m6i", BY_SIZE, 1.1), ("g4dn", BY_GPU, 1.06)]
)
def test_no_dedicated_price_is_kept_and_what_is_missing_follows(
    extraction: ModuleType, family: str, sizes: dict[str, float], dedicated: float, seed: int
) -> None:
    prices = right(family, sizes)
    found, derived = extraction.believable_prices(mixed(prices, dedicated, seed))
    off = {
        (name, region): usd / prices[name][region]
        for name, regions in found.items()
        for region, usd in regions.items()
        if abs(usd / prices[name][region] - 1) > 0.01
    }
    assert off == {}
    known = sum(len(regions) for regions in found.values())
    assert known >= 0.85 * len(sizes) * len(REGIONS)
    assert sum(len(regions) for regions in derived.values()) > 0


def test_a_lone_price_of_a_far_region_is_taken_only_where_its_kin_confirm_it(extraction: ModuleType) -> None:
    table: Table = {**right("m5", BY_SIZE), "m7x.large": {"us-east-1": 0.1, "us-east-2": 0.1, "sa-east-1": 0.16}}
    found, _ = extraction.believable_prices(table)
    assert found["m7x.large"] == {"us-east-1": 0.1, "us-east-2": 0.1}
    table = {**right("m5", BY_SIZE), **table, "m5x.large": {"us-east-1": 0.1, "us-east-2": 0.1, "sa-east-1": 0.16}}
    found, _ = extraction.believable_prices(table)
    assert found["m5x.large"]["sa-east-1"] == 0.16
    table["m5x.large"]["sa-east-1"] = 0.176
    assert "sa-east-1" not in extraction.believable_prices(table)[0]["m5x.large"]


def test_free_missing_metal_and_foreign_prices_are_none(extraction: ModuleType) -> None:
    table: Table = {
        "m5.large": {"us-east-1": 0.0, "us-east-2": None, "cn-north-1": 0.7},
        "m5.metal": {"us-east-1": 4.6, "us-east-2": 4.6},
    }
    assert extraction.believable_prices(table) == ({}, {})


def test_coverage_counts_all_sizes_of_the_families_a_region_has(extraction: ModuleType) -> None:
    table: Table = {
        "m5.large": {"us-east-1": 0.096},
        "m5.xlarge": {"us-east-1": 0.0},
        "m5.metal": {"us-east-1": 4.6},
        "t3.large": {"us-east-1": 0.08},
        "c5.large": {"eu-west-1": 0.1},
    }
    assert extraction.coverage(table, {"m5.large": {"us-east-1": 0.096}}) == {"eu-west-1": 0.0, "us-east-1": 0.5}
