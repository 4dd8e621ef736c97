"""What a run measures and with how much of everything."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

GROUPS = (
    *("ingest", "fold", "sustained", "fleet", "batches", "dashboard", "jobs", "csv", "browser", "start", "memory"),
    *("disk", "import", "help"),
)
"""Groups of rows in the order they are measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        jobs: sizes of the stores, ascending.
        groups: which rows.
        base_jobs: simulated jobs that a store is multiplied from.
        singles, batched: events posted one by one, and by the thousand.
        imported: events of the file to import.
        most_rate: events a second that are offered at most.
        sustained_seconds, fleet_seconds: for how long each rate is offered, and how long a fleet is watched.
        repeats: how often a quick measurement is taken; the median counts.
        folder: where everything is made; removed afterwards.
    """

    jobs: tuple[int, ...]
    groups: frozenset[str]
    base_jobs: int
    singles: int
    batched: int
    imported: int
    most_rate: int
    sustained_seconds: float
    fleet_seconds: float
    repeats: int
    folder: Path

    def wants(self, *groups: str) -> bool:
        """Whether any of these groups is to be measured."""
        return not self.groups.isdisjoint(groups)


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; `--quick` makes everything small, sizes given beside it stay."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", help="sizes of the stores (100000 1000000)")
    parser.add_argument("--sizes", type=read_sizes, dest="jobs", help="the same as people say them: 100k,1M")
    parser.add_argument("--rows", default=",".join(GROUPS), help=f"which rows, of {','.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, two minutes: the figures say little")
    parser.add_argument(
        "--json", type=Path, help="a file to write the rows to as well, with what they were measured on"
    )
    parser.add_argument("--base-jobs", type=int, help="simulated jobs a store is multiplied from (2500)")
    parser.add_argument("--singles", type=int, help="events posted one by one (20000)")
    parser.add_argument("--batched", type=int, help="events posted by the thousand (400000)")
    parser.add_argument("--imported", type=int, help="events of the file to import (1000000)")
    parser.add_argument("--most-rate", type=int, help="events a second that are offered at most (50000)")
    parser.add_argument("--sustained-seconds", type=float, help="for which each rate is offered (20)")
    parser.add_argument("--fleet-seconds", type=float, help="for which a fleet is watched (60)")
    parser.add_argument("--repeats", type=int, help="times a quick measurement is taken (5)")
    given = parser.parse_args(arguments)
    unknown = set(given.rows.split(",")) - set(GROUPS)
    if unknown:
        parser.error(f"no such rows: {', '.join(sorted(unknown))}")
    return given


def read_sizes(text: str) -> list[int]:
    """Counts as people say them, between commas: 100k,1M.

    Raises:
        ValueError: one is none.
    """
    factors = {"k": 1_000, "M": 1_000_000}
    return [
        int(float(part[:-1]) * factors[part[-1]]) if part[-1:] in factors else int(part)
        for part in text.replace(" ", "").split(",")
    ]


def make_plan(given: argparse.Namespace, folder: Path) -> Plan:
    """The plan that the command line describes, in `folder`."""
    quick = given.quick
    return Plan(
        jobs=tuple(sorted(set(given.jobs or ((2_500, 20_000) if quick else (100_000, 1_000_000))))),
        groups=frozenset(given.rows.split(",")),
        base_jobs=given.base_jobs or (500 if quick else 2_500),
        singles=given.singles or (2_000 if quick else 20_000),
        batched=given.batched or (20_000 if quick else 400_000),
        imported=given.imported or (20_000 if quick else 1_000_000),
        most_rate=given.most_rate or (5_000 if quick else 50_000),
        sustained_seconds=given.sustained_seconds or (3.0 if quick else 20.0),
        fleet_seconds=given.fleet_seconds or (6.0 if quick else 60.0),
        repeats=given.repeats or (2 if quick else 5),
        folder=folder,
    )


def say(text: str) -> None:
    """Tells whoever waits what is being done."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
