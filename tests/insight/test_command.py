"""`insight` and `insight interval` as they are typed."""

import json
from pathlib import Path

import pytest

from mmbatch_dash.api.models.insight import Insight
from mmbatch_dash.cli import main
from tests.insight.test_insight_api import placed


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["insight", *arguments])
    assert ended.value.code in (0, None)
    return capsys.readouterr().out


def test_the_calculator_gives_the_three_intervals_in_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("interval", "--checkpoint-seconds", "300", "--seconds-between-reclaims", "86400", "--json")
    found = json.loads(run(capsys, *asked))
    assert {name: round(seconds / 60, 4) for name, seconds in found.items()} == {
        "young_seconds": 120.0,
        "daly_seconds": 116.6898,
        "best_seconds": 116.6901,
    }


def test_notices_that_suffice_make_the_interval_longer(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("interval", "--checkpoint-seconds", "300", "--seconds-between-reclaims", "86400", "--notice-success")
    assert "Young         4h28m20s" in run(capsys, *asked, "0.8")
    assert "as long as you like" in run(capsys, *asked, "1")


def test_times_that_make_no_interval_are_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["insight", "interval", "--checkpoint-seconds", "0", "--seconds-between-reclaims", "86400"])
    assert ended.value.code == 1
    assert "must be above 0" in capsys.readouterr().err


def test_without_more_it_gives_what_the_api_gives(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    world = tmp_path / "world.ndjson"
    events = [
        event for number in range(3) for event in placed("few", f"{number}", f"{number}", 0, 600, how="reclaimed")
    ]
    world.write_text("\n".join(json.dumps(event) for event in events))
    with pytest.raises(SystemExit):
        main(["import", str(world), "--data-dir", str(tmp_path / "data")])
    capsys.readouterr()
    found = json.loads(run(capsys, "--json", "--data-dir", str(tmp_path / "data")))
    assert Insight.model_validate(found).rows[0].reclaims == 3
    assert "few: too little\n  3 reclaims in 30 h" in run(capsys, "--data-dir", str(tmp_path / "data"))
