"""Whether a text would be accepted as config.yaml; changes nothing."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmbatch_dash.domain.config import Problem, warnings
from mmbatch_dash.store.config.history import HISTORY_NAME, ConfigHistory
from mmbatch_dash.store.config.overrides import read_overrides
from mmbatch_dash.store.config.state import FILE_NAME, check_text
from mmbatch_dash.store.config.trials import DEFAULT_TRIALS, Trial


def validate_text(
    text: str,
    data_dir: Path,
    *,
    file: str = FILE_NAME,
    environ: Mapping[str, str] | None = None,
    trials: Sequence[Trial] = DEFAULT_TRIALS,
) -> list[Problem]:
    """Warnings about a text that a server of this directory would accept as config.yaml; changes nothing.

    Args:
        text: YAML.
        data_dir: whose id the text must keep, if it has a configuration already.
        file: named in errors.
        environ: where overrides are read; the process's own environment by default.
        trials: what to try against the world.

    Raises:
        ConfigRefused: it would be refused.
    """
    overrides = read_overrides(os.environ if environ is None else environ)
    last = ConfigHistory(data_dir / HISTORY_NAME).last()
    before = check_text(last.text, overrides, (), None) if last else None
    return warnings(check_text(text, overrides, tuple(trials), before, file=file))
