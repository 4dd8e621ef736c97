"""The server's own log files: rotating, one JSON object a line, with request ids and without secrets."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_NAME = "mmbatch_dash.log"
MEGABYTE = 1_000_000
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the request that the thread works on; whoever takes in requests sets it."""

CUT = "[left out]"
LONGEST_MESSAGE = 20_000
# No part begins with a run of any length: a long word in a message must not take quadratic time.
_SECRETS = re.compile(
    r"(?P<lead>\b(?:bearer|basic)\s+"
    r"|\b(?:authorization|x-api-key|cookie|set-cookie)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?"
    r"|(?:password|passwd|secret|token|csrf|api[_-]?key|session|(?<!error\s)\bcode)[\w-]{0,40}[\"']?\s*=\s*[\"']?"
    r"|(?:password|passwd|secret_?access_?key|client_?secret|access_?token|id_?token|refresh_?token)[\"']?\s*:\s*[\"']?)"
    r"(?P<secret>[^\s\"',;&}]+)"
    r"|(?P<key>\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b)"
    r"|(?P<jwt>\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+)"
    r"|(?P<ours>\bmmb_[\w-]{12,})"
    r"|(?P<pem>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))",
    re.IGNORECASE | re.DOTALL,
)


def without_secrets(text: str) -> str:
    """The text with what looks like a password, token, key or one-time code left out."""
    return _SECRETS.sub(lambda found: (found["lead"] or "") + CUT, text[:LONGEST_MESSAGE])


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, request, message, and error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": REQUEST_ID.get(),
            "message": without_secrets(record.getMessage()),
        }
        if not line["request"]:
            del line["request"]
        if record.exc_info:
            line["error"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """A line for people, as it goes to standard error; without secrets too, for container engines keep it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback where there is one."""
        return without_secrets(super().format(record))


class ServerLog:
    """The log files of one server process, adjustable while it runs."""

    def __init__(self, folder: Path, level: str, size_mb: int, backups: int) -> None:
        """Opens the log; nothing is written before `attach`.

        Args:
            folder: where the files lie.
            level: the least serious message written.
            size_mb: size at which a new file is started.
            backups: older files kept.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(
            folder / FILE_NAME, maxBytes=size_mb * MEGABYTE, backupCount=backups, encoding="utf-8", delay=True
        )
        self._handler.setFormatter(JsonLines())
        self._level = ""
        self._logger = logging.getLogger("mmbatch_dash")
        self._attached = False
        self._folder = folder
        self.adjust(level, size_mb, backups)

    def attach(self) -> None:
        """Begins to write what the package says."""
        self._attached = True
        self._logger.addHandler(self._handler)
        self._logger.setLevel(self._handler.level)

    def close(self) -> None:
        """Ends."""
        self._logger.removeHandler(self._handler)
        self._handler.close()

    def adjust(self, level: str, size_mb: int, backups: int) -> bool:
        """Takes other settings; whether they were others. Files beyond the number kept are removed."""
        wanted = (level, size_mb * MEGABYTE, backups)
        if wanted == (self._level, self._handler.maxBytes, self._handler.backupCount):
            return False
        self._level, self._handler.maxBytes, self._handler.backupCount = wanted
        self._handler.setLevel(level.upper())
        if self._attached:
            self._logger.setLevel(self._handler.level)
        for old in self._folder.glob(f"{FILE_NAME}.*"):
            number = old.suffix.removeprefix(".")
            if number.isdigit() and int(number) > backups:
                old.unlink(missing_ok=True)
        return True
