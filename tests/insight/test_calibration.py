"""A fast part of `make calibrate`, which see: fewer worlds, so wider tolerances."""

import re
from pathlib import Path

import pytest

from tests.insight.calibration import SETTINGS, Setting, cover, try_out

ROUGH = SETTINGS[1]


@pytest.mark.parametrize("setting", SETTINGS[:3], ids=lambda setting: setting.name)
def test_the_true_rate_of_the_documented_table_lies_in_nine_of_ten_ranges(setting: Setting, project: Path) -> None:
    table = (project / "docs" / "insight.md").read_text(encoding="utf-8")
    [truth] = re.findall(rf"^\| {setting.name} \| ([0-9.]+) \|", table, re.MULTILINE)
    assert cover(setting, range(20), float(truth)).held >= 18


def test_the_advised_interval_and_loss_are_those_of_fresh_worlds() -> None:
    tried = try_out(ROUGH, range(4), range(10_000, 10_006), tried=9)
    assert tried.advised == pytest.approx(tried.best, rel=0.15)
    assert tried.extra < 0.005
    assert tried.predicted[0] == pytest.approx(tried.simulated[0], rel=0.2)
    assert tried.predicted[1] == pytest.approx(tried.simulated[1], rel=0.2)
