"""The story, played quickly: real jobs, a real server, and the figures it must end with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_story_ends_with_two_protections_and_all_jobs_succeeded(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "story"
    line = [sys.executable, "-m", "mmbatch_dash", "story", "--seconds", "45", "--no-stay", "--data-dir", str(folder)]
    told = subprocess.run(line, cwd=project, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    asked = [sys.executable, "-m", "mmbatch_dash", "summary", "--json", "--data-dir", str(folder / "data")]
    summary = json.loads(subprocess.run(asked, cwd=project, capture_output=True, text=True, check=True).stdout)
    assert summary["figures"]["total_jobs"] == 3
    assert summary["figures"]["spot_protections"] == 2
    assert summary["figures"]["cost_usd"]["coverage"] == 1.0
    assert summary["protections"]["attempts"] == 2
    assert summary["restores"]["succeeded"] == 3
    assert summary["engineering"]["saved_seconds"]["value"] > summary["engineering"]["spot_saved_seconds"]["value"] > 0
    again = subprocess.run([*line[:-1], str(tmp_path)], cwd=project, capture_output=True, text=True)
    assert "holds something else" in again.stderr
