"""The lock files pin what the requirements ask for, each with its hashes, and name no index."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements", "requirements-cluster", "requirements-dev")


def pinned(lock: str) -> dict[str, list[Version]]:
    lines = (PROJECT / f"{lock}.lock").read_text().splitlines()
    found: dict[str, list[Version]] = {}
    for name, version in (
        re.match(r"([\w.-]+)==(\S+)", line).groups() for line in lines if re.match(r"[\w.-]+==", line)
    ):  # type: ignore[union-attr]
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def wanted(name: str) -> list[Requirement]:
    lines = (re.sub(r"\s*#.*", "", line).strip() for line in (PROJECT / f"{name}.txt").read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r ")]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_within_its_range(lock: str) -> None:
    """`make lock` makes the locks anew."""
    held = pinned(lock)
    outside = [
        str(requirement)
        for requirement in wanted(lock)
        if not (versions := held.get(canonicalize_name(requirement.name)))
        or not all(requirement.specifier.contains(version) for version in versions)
    ]
    assert outside == []


def test_what_runs_and_what_tests_is_the_same() -> None:
    tests = pinned("requirements-dev")
    run = {**pinned("requirements-cluster"), **pinned("requirements")}
    assert {name: versions for name, versions in run.items() if tests.get(name) != versions} == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_index_is_named(lock: str) -> None:
    text = (PROJECT / f"{lock}.lock").read_text()
    assert "://" not in text
    pins = re.split(r"\n(?=[\w.-]+==)", text)
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []
