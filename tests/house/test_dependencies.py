"""What is installed is what the requirements ask for, and fits together; needs no network."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[2]


def requirements() -> list[str]:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    return [line for line in (re.sub(r"\s*#.*", "", line).strip() for line in lines) if line]


@pytest.mark.parametrize("line", requirements())
def test_the_installed_version_lies_in_the_pinned_range(line: str) -> None:
    wanted = Requirement(line)
    assert wanted.specifier.contains(version(wanted.name))


def test_the_installed_packages_agree_with_each_other() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
