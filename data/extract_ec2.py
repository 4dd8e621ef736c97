"""Makes data/ec2.json.gz, the shipped on-demand prices and instance sizes, from a release of Apache Libcloud.

Run by hand when a new release should be shipped; the product does not depend on Libcloud:

    pip download --no-deps apache-libcloud
    python data/extract_ec2.py apache_libcloud-*.whl

Libcloud (Apache License 2.0) scrapes AWS's public price list. Its table mixes tenancies: about one price in six is
that of dedicated instances, 6 or 10 % above the on-demand one. 0 and null are how the table says that it does not know.

AWS prices the sizes of a family in the same proportion in every region, and most families by size alone. So a family
has a *shape* (what each size costs in units) and, in each region, a price per unit. Both are found by vote: the unit
that makes most prices of the region either on-demand or exactly dedicated ones, the share of a size that does so in
most regions. A unit is believed where several sizes tell it, or one and a dedicated one beside it; of us-east-1,
us-east-2 and us-west-2, which mostly cost the same, also where they agree; a lone price where the family's kin in the
region confirm it. From unit and shape follow all sizes of the family; those that the table has not, or has dedicated,
are marked derived.

Prices that AWS has changed since are in `CHANGES`; regions priced in CNY and bare metal (which is often listed as
dedicated only) are left out: unknown is better than wrong.
"""

import gzip
import json
import re
import statistics
import sys
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("ec2.json.gz")
SIZES = {"nano": 0.25, "micro": 0.5, "small": 1.0, "medium": 2.0, "large": 4.0, "xlarge": 8.0}
SAME = 0.006
"""Prices of a family agree within this; they are rounded to four or five digits."""
DEDICATED = (1.06, 1.10)
"""What a dedicated instance costs in on-demand prices; the one or the other, by family."""
WORTH = {1.0: 1.0, 1.06: 0.5, 1.10: 0.5}
"""What a price says for a unit that makes it an on-demand or a dedicated one."""
UNEXPLAINED = -1.5
"""What it says for one that makes it neither: no tenancy is cheaper than on-demand."""
OWN_SHAPE = re.compile(r"(?:g|p|inf|trn|dl|vt)\d")
"""Families whose price is that of their accelerators too, and so is in no proportion to their size."""
US_LEVEL = ("us-east-1", "us-east-2", "us-west-2")
"""Regions that mostly cost the same."""
COMMON = re.compile(r"(?:[mcr]\d+[a-z-]*|g4dn|g5|g6)\.")
"""Types whose coverage is told by region."""
CHANGES: dict[str, dict[str, Any]] = {
    # AWS News Blog, 2025-06-05: On-Demand prices of P4d and P4de cut by 33 %, of P5 by 44 %, from June 1 on.
    "p4d": {"at": "2025-06-01T00:00:00+00:00", "factor": 0.67},
    "p4de": {"at": "2025-06-01T00:00:00+00:00", "factor": 0.67},
    "p5": {"at": "2025-06-01T00:00:00+00:00", "factor": 0.56},
    # The same announcement cut P5en by 25 %; P5e was not named and is left unknown from then on.
    "p5en": {"at": "2025-06-01T00:00:00+00:00", "factor": 0.75},
    "p5e": {"at": "2025-06-01T00:00:00+00:00", "factor": None},
}
LEFT_OUT = re.compile(r"u-|u7i|h1\.|f1\.|f2\.|hpc|mac|x8|.*metal")
"""Families whose prices changed at a time that is not known, or of which the table is not sure; and bare metal."""

Table = Mapping[str, Mapping[str, float | None]]
Units = dict[tuple[str, str], dict[str, float]]


def size_factor(size: str) -> float | None:
    """AWS's normalisation factor of a size name, None where the name does not tell."""
    many = re.fullmatch(r"(\d+)xlarge", size)
    return 8.0 * int(many[1]) if many else SIZES.get(size)


def known_prices(table: Table) -> Units:
    """(family, region) → size → USD per hour, of what the table says it knows."""
    prices: Units = defaultdict(dict)
    for instance_type, regions in table.items():
        family, _, size = instance_type.partition(".")
        if not size or LEFT_OUT.match(instance_type):
            continue
        for region, usd in regions.items():
            if usd and not region.startswith("cn-"):
                prices[family, region][size] = float(usd)
    return prices


def multiple(usd: float, expected: float) -> float | None:
    """1 for an on-demand price, 1.06 or 1.10 for a dedicated one, None for what is neither."""
    return next((many for many in WORTH if abs(usd / expected / many - 1) <= SAME), None)


def worth(usd: float, expected: float) -> float:
    """What a price says for an expected one."""
    return WORTH.get(multiple(usd, expected) or 0.0, UNEXPLAINED)


def vote(prices: Mapping[str, float], shape: Mapping[str, float], unit: float) -> float:
    """How well a unit explains the prices of a family in a region."""
    return sum(worth(usd, unit * shape[size]) for size, usd in prices.items() if size in shape)


def best_unit(prices: Mapping[str, float], shape: Mapping[str, float]) -> float | None:
    """USD per hour of one unit that explains most prices, None where there are none."""
    units = [usd / shape[size] / many for size, usd in prices.items() if size in shape for many in WORTH]
    if not units:
        return None
    chosen = max(sorted(units, reverse=True), key=lambda unit: vote(prices, shape, unit))
    clean = [
        usd / shape[size] for size, usd in prices.items() if size in shape and multiple(usd, chosen * shape[size]) == 1
    ]
    return statistics.median(clean) if clean else chosen


def shape_of(family: str, prices: Units) -> dict[str, float]:
    """Size → what it costs in units."""
    regions = {region: sizes for (name, region), sizes in prices.items() if name == family}
    sizes = sorted({size for listed in regions.values() for size in listed})
    nominal = {size: factor for size in sizes if (factor := size_factor(size))}
    if not OWN_SHAPE.match(family):
        return nominal
    fits = [_fit(anchor, sizes, regions) for anchor in sizes]
    return max(fits, key=lambda shape: _explained(shape, regions))


def _fit(anchor: str, sizes: Sequence[str], regions: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """A shape found from one size on, by turns of units from shares and shares from units."""
    shape = {anchor: 1.0}
    for _ in range(8):
        units = {region: best_unit(listed, shape) for region, listed in regions.items()}
        for size in sizes:
            shares = [
                listed[size] / unit for region, listed in regions.items() if size in listed and (unit := units[region])
            ]
            candidates = [share / many for share in shares for many in WORTH]
            if len(shares) > 1:
                score = {c: sum(worth(share, c) for share in shares) for c in candidates}
                best = max(sorted(score, reverse=True), key=lambda c: score[c])
                shape[size] = statistics.median([share for share in shares if multiple(share, best) == 1] or [best])
    return shape


def _explained(shape: Mapping[str, float], regions: Mapping[str, Mapping[str, float]]) -> float:
    units = {region: best_unit(listed, shape) for region, listed in regions.items()}
    return sum(vote(regions[region], shape, unit) for region, unit in units.items() if unit)


def units_of(prices: Units, shapes: Mapping[str, Mapping[str, float]]) -> dict[tuple[str, str], float]:
    """(family, region) → USD per hour of one unit, where it can be believed."""
    believed: dict[tuple[str, str], float] = {}
    lone: dict[tuple[str, str], float] = {}
    for (family, region), listed in prices.items():
        shape = shapes[family]
        if unit := best_unit(listed, shape):
            found = [multiple(usd, unit * shape[size]) for size, usd in listed.items() if size in shape]
            clean, dedicated = found.count(1.0), len([many for many in found if many and many > 1])
            target = believed if clean > 2 or (clean and dedicated) else lone
            target[family, region] = unit
    for family in {name for name, _ in prices}:
        _agree_at_us_level(family, prices, shapes[family], believed)
    confirmed = {key: unit for key, unit in lone.items() if key not in believed and is_like_kin(*key, unit, believed)}
    return {**believed, **confirmed}


def _agree_at_us_level(
    family: str, prices: Units, shape: Mapping[str, float], believed: dict[tuple[str, str], float]
) -> None:
    """Where one unit explains all prices of a family in the three regions, it is theirs."""
    joint = {
        f"{region} {size}": usd
        for region in US_LEVEL
        for size, usd in prices.get((family, region), {}).items()
        if size in shape
    }
    shares = {key: shape[key.split()[1]] for key in joint}
    unit = best_unit(joint, shares) if len(joint) > 1 else None
    if unit and all(multiple(usd, unit * shares[key]) for key, usd in joint.items()):
        for region in US_LEVEL:
            if (family, region) in prices:
                believed[family, region] = unit


def is_like_kin(family: str, region: str, unit: float, believed: Mapping[tuple[str, str], float]) -> bool:
    """Whether a family costs as much more in the region than in a US one as a family of its kind and generation."""
    base = believed.get((family, US_LEVEL[0]))
    kin = [
        usd / believed[other, US_LEVEL[0]]
        for (other, place), usd in believed.items()
        if place == region and other != family and (other, US_LEVEL[0]) in believed and other[:2] == family[:2]
    ]
    return base is not None and any(abs(unit / base / ratio - 1) <= SAME for ratio in kin)


def believable_prices(table: Table) -> tuple[dict[str, dict[str, float]], dict[str, list[str]]]:
    """(instance type → region → USD per hour, instance type → regions for which that is derived)."""
    prices = known_prices(table)
    shapes = {family: shape_of(family, prices) for family in {family for family, _ in prices}}
    usd: dict[str, dict[str, float]] = defaultdict(dict)
    derived: dict[str, list[str]] = defaultdict(list)
    for (family, region), unit in sorted(units_of(prices, shapes).items()):
        for size, share in shapes[family].items():
            name = f"{family}.{size}"
            listed = prices[family, region].get(size)
            if listed is not None and abs(listed / (unit * share) - 1) <= SAME:
                usd[name][region] = listed
            else:
                usd[name][region] = round(unit * share, 6)
                derived[name].append(region)
    return {name: dict(sorted(regions.items())) for name, regions in sorted(usd.items())}, dict(sorted(derived.items()))


def coverage(table: Table, prices: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Region → share of the common types it has whose price is known.

    A region has the sizes of a family that it lists any of, known or not, as far as they exist at all.
    """
    names = [name for name in table if COMMON.match(name) and not name.endswith("metal") and "metal-" not in name]
    sizes: dict[str, list[str]] = defaultdict(list)
    for name in names:
        sizes[name.partition(".")[0]].append(name)
    regions = sorted({region for name in names for region in table[name] if not region.startswith("cn-")})
    shares = {}
    for region in regions:
        families = {name.partition(".")[0] for name in names if region in table[name]}
        offered = [name for family in families for name in sizes[family]]
        shares[region] = round(sum(region in prices.get(name, {}) for name in offered) / len(offered), 4)
    return shares


def instance_sizes(source: str) -> dict[str, tuple[float, float]]:
    """Instance type → (vCPUs, memory in MiB)."""
    scope: dict[str, Any] = {}
    exec(compile(source, "ec2_instance_types.py", "exec"), scope)  # noqa: S102 - the file of the release is a Python dict
    sizes = {}
    for name, described in scope["INSTANCE_TYPES"].items():
        vcpus, memory_mib = float(described["extra"].get("vcpu") or 0), float(described["ram"] or 0)
        if vcpus > 0 and memory_mib > 0:
            sizes[name] = (vcpus, memory_mib)
    return dict(sorted(sizes.items()))


def extract(wheel: Path) -> dict[str, Any]:
    """The content of the shipped file."""
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read("libcloud/data/pricing.json"))
        types = archive.read("libcloud/compute/constants/ec2_instance_types.py").decode()
    listed = table["compute"]["ec2_linux"]
    prices, derived = believable_prices(listed)
    return {
        "source": f"Apache Libcloud {wheel.name.split('-')[1]}",
        "licence": "Apache License 2.0",
        "listed_at": datetime.fromtimestamp(table["updated"], UTC).isoformat(),
        "usd_per_hour": prices,
        "derived": derived,
        "changes": CHANGES,
        "coverage": coverage(listed, prices),
        "instance_types": instance_sizes(types),
    }


def main(arguments: Sequence[str]) -> None:
    """Writes the file and says what is in it."""
    content = extract(Path(arguments[0]))
    TARGET.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
    count = sum(len(regions) for regions in content["usd_per_hour"].values())
    derived = sum(len(regions) for regions in content["derived"].values())
    sys.stderr.write(f"{TARGET}: {count} prices, {derived} derived, {len(content['instance_types'])} instance types\n")


if __name__ == "__main__":
    main(sys.argv[1:])
