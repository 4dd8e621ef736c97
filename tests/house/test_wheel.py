"""The wheel is complete: installed elsewhere it serves itself, with no file of the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
CODE = {".py", ".sql", ".html"}


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, PROJECT]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_everything_that_ships_lies_in_the_wheel(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    package = PROJECT / "mmbatch_dash"
    code = {f"mmbatch_dash/{path.relative_to(package)}" for path in kept(package) if path.suffix in CODE}
    folders = [PROJECT / name for name in ("assets", "data", "deploy")]
    beside = {f"mmbatch_dash/shipped/{path.relative_to(PROJECT)}" for folder in folders for path in kept(folder)}
    assert sorted((code | beside) - held) == []


def test_an_installed_wheel_runs_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, wheel], check=True)
    environment = {**os.environ, "PYTHONPATH": str(place)}
    script = place / "bin" / "mmbatch-dash"
    filled = subprocess.run([sys.executable, script, "demo", "--jobs", "20"], cwd=elsewhere, env=environment)
    assert filled.returncode == 0
    told = subprocess.run(
        [sys.executable, script, "summary", "--json", "--data-dir", "var/demo"],
        cwd=elsewhere, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert '"total_jobs"' in told.stdout, told.stderr
