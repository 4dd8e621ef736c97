"""Makes data/ec2.json.gz, the shipped on-demand prices and instance sizes, from a release of Apache Libcloud.

Run by hand when a new release should be shipped; the product does not depend on Libcloud:

    pip download --no-deps apache-libcloud
    python data/extract_ec2.py apache_libcloud-*.whl

Libcloud (Apache License 2.0) scrapes AWS's public price list. Its table mixes tenancies: about one price in six is
that of dedicated instances, 6 to 10 % above the on-demand one. Within a family of one region AWS prices sizes in
proportion, so a price that is 4 to 30 % above the proportional price of another size of its family is left out:
unknown is better than wrong. 0 and null are how the table says that it does not know, and are left out too, and so
are regions priced in CNY.
"""

import gzip
import json
import re
import sys
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("ec2.json.gz")
SIZES = {"nano": 0.25, "micro": 0.5, "small": 1.0, "medium": 2.0, "large": 4.0, "xlarge": 8.0}
DEDICATED = (1.04, 1.30)


def size_factor(size: str) -> float | None:
    """AWS's normalisation factor of a size name, None where the name does not tell."""
    many = re.fullmatch(r"(?:metal-)?(\d+)x(?:l|large)", size)
    return 8.0 * int(many[1]) if many else SIZES.get(size)


def believable_prices(table: dict[str, dict[str, float | None]]) -> dict[str, dict[str, float]]:
    """Instance type → region → USD per hour, without what is unknown or looks like another tenancy."""
    families: dict[tuple[str, str], list[tuple[str, float, float | None]]] = defaultdict(list)
    for instance_type, regions in table.items():
        family, _, size = instance_type.partition(".")
        for region, usd in regions.items():
            if usd and not region.startswith("cn-"):
                families[region, family].append((instance_type, float(usd), size_factor(size)))
    prices: dict[str, dict[str, float]] = defaultdict(dict)
    for (region, _), members in families.items():
        units = [usd / factor for _, usd, factor in members if factor]
        for instance_type, usd, factor in members:
            if not factor or not any(DEDICATED[0] < usd / factor / unit < DEDICATED[1] for unit in units):
                prices[instance_type][region] = usd
    return {name: dict(sorted(regions.items())) for name, regions in sorted(prices.items())}


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
    return {
        "source": f"Apache Libcloud {wheel.name.split('-')[1]}, Apache License 2.0",
        "listed_at": datetime.fromtimestamp(table["updated"], UTC).isoformat(),
        "usd_per_hour": believable_prices(table["compute"]["ec2_linux"]),
        "instance_types": instance_sizes(types),
    }


if __name__ == "__main__":
    content = extract(Path(sys.argv[1]))
    TARGET.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
    count = sum(len(regions) for regions in content["usd_per_hour"].values())
    sys.stderr.write(f"{TARGET}: {count} prices, {len(content['instance_types'])} instance types\n")
