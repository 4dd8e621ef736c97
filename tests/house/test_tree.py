"""What is in the tree and what must not be: committed files only."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
# Absolute paths of one person's machine; split so that this file does not find itself.
FOREIGN = re.compile(
    "|".join(("/wo" + "rk/", "/fa" + "rm/", "/ro" + "ot/", "/ho" + "me/[a-z]+/", "/Us" + "ers/", r"\.lib" + "rary"))
)
TEXT = {".py", ".toml", ".txt", ".md", ".yaml", ".yml", ".json", ".css", ".js", ".sql", ".html", ".cfg", ""}


def committed() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [PROJECT / name for name in done.stdout.split("\0") if name and (PROJECT / name).is_file()]


def test_no_path_of_somebodys_machine_is_committed() -> None:
    found = [
        f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:100]}"
        for path in committed()
        if path.suffix in TEXT and path.stat().st_size < 500_000
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_no_live_data_is_committed() -> None:
    live = {".duckdb", ".wal", ".log", ".pem", ".key"}
    assert [str(path) for path in committed() if path.suffix in live] == []


def test_every_make_target_of_the_house_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    for target in ("run", "demo", "test", "check", "bench", "format", "clean"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_changelog_opens_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.+)$", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"


def test_the_ci_entry_calls_make_test() -> None:
    entry = PROJECT / ".ci" / "run"
    assert entry.stat().st_mode & 0o111
    assert entry.read_text().rstrip().endswith("make test")
