"""The environment the reporter reads and hands on, and the durations written in it."""

import re
from typing import Mapping, Optional

SERVER = "MMBATCH_REPORT_SERVER"
TOKEN = "MMBATCH_REPORT_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE = "MMBATCH_REPORT_TOKEN_FILE"  # noqa: S105 - the name of a variable
IMDS = "MMBATCH_REPORT_IMDS"
SPOOL = "MMBATCH_REPORT_SPOOL"
RUN = "MMBATCH_REPORT_RUN"
CONFIG = "MMBATCH_REPORT_CONFIG"
LOGS = "MMBATCH_REPORT_LOGS"

INTERVAL_SECONDS = "MMBATCH_CHECKPOINT_INTERVAL_SECONDS"
CHECKPOINT_PATH = "MMBATCH_CHECKPOINT_PATH"
CHECKPOINT_TMP = "MMBATCH_CHECKPOINT_TMP"
ATTEMPT = "MMBATCH_ATTEMPT"
RESTORED = "MMBATCH_RESTORED"
JOB = "MMBATCH_JOB_ID"
CHILD_PID = "MMBATCH_CHILD_PID"

ENGINE_MODE = "MMC_CHECKPOINT_MODE"
ENGINE_INTERVAL = "MMC_CHECKPOINT_INTERVAL"
ENGINE_DIAGNOSIS = "MMC_CHECKPOINT_DIAGNOSIS"

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_duration(text: str) -> Optional[float]:
    """Seconds of a Go-style duration such as `15m`, `90s` or `1h0m0s`; None where it is none or not above 0."""
    parts = _PART.findall(text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return seconds if seconds > 0 else None


def is_true(text: Optional[str]) -> bool:
    """Whether a variable says yes."""
    return (text or "").strip().lower() in ("1", "true", "yes", "on")


def read_token(environment: Mapping[str, str], token_file: Optional[str] = None) -> Optional[str]:
    """The token, from its file or the environment; never from an argument, which any process list shows."""
    path = token_file or environment.get(TOKEN_FILE)
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip() or None
        except OSError:
            return None
    return (environment.get(TOKEN) or "").strip() or None
