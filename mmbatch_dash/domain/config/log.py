"""Section `log`: what the server writes to its own log files."""

from enum import StrEnum
from typing import Annotated

from mmbatch_dash.domain.config.controls import choice_control
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Count


class LogLevel(StrEnum):
    """The least serious message that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Log(Section):
    """Rotating log files in the data directory."""

    level: Annotated[LogLevel, choice_control(LogLevel)] = setting(
        "level", "info", "The least serious message that is written."
    )
    max_size_mb: Count = setting("maxSizeMB", 10, "Size at which a new log file is started.", unit="MB")
    max_backups: Count = setting("maxBackups", 10, "Older log files that are kept.", unit="files")
