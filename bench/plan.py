"""What a run measures and with how much of everything."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

GROUPS = ("ingest", "fold", "dashboard", "jobs", "csv", "browser", "start", "memory", "import", "help")
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
        repeats: how often a quick measurement is taken; the median counts.
        folder: where everything is made; removed afterwards.
    """

    jobs: tuple[int, ...]
    groups: frozenset[str]
    base_jobs: int
    singles: int
    batched: int
    imported: int
    repeats: int
    folder: Path

    def wants(self, *groups: str) -> bool:
        """Whether any of these groups is to be measured."""
        return not self.groups.isdisjoint(groups)


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; `--quick` makes everything small, sizes given beside it stay."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", help="sizes of the stores (100000 1000000)")
    parser.add_argument("--rows", default=",".join(GROUPS), help=f"which rows, of {','.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: the figures say little")
    parser.add_argument("--base-jobs", type=int, help="simulated jobs a store is multiplied from (2500)")
    parser.add_argument("--singles", type=int, help="events posted one by one (20000)")
    parser.add_argument("--batched", type=int, help="events posted by the thousand (400000)")
    parser.add_argument("--imported", type=int, help="events of the file to import (1000000)")
    parser.add_argument("--repeats", type=int, help="times a quick measurement is taken (5)")
    given = parser.parse_args(arguments)
    unknown = set(given.rows.split(",")) - set(GROUPS)
    if unknown:
        parser.error(f"no such rows: {', '.join(sorted(unknown))}")
    return given


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
        repeats=given.repeats or (2 if quick else 5),
        folder=folder,
    )


def say(text: str) -> None:
    """Tells whoever waits what is being done."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
