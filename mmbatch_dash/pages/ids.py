"""Ids of the shell."""

from enum import StrEnum


class ShellId(StrEnum):
    """Every id callbacks speak to."""

    LOCATION = "shell-location"
    CONTENT = "shell-content"
    NAV = "shell-nav"
    BANNER = "shell-banner"
    PROBLEM = "shell-problem"
    FRESHNESS = "shell-freshness"
    PAUSE = "shell-pause"
    TICK = "shell-tick"
    TOKEN = "shell-token"  # noqa: S105 - the id of a store, not a secret
    THEME = "shell-theme"
    KEYS_OPEN = "shell-keys-open"
    KEYS = "shell-keys"
    MAIN = "shell-main"
    USER = "shell-user"
    OPEN_BANNER = "shell-open-banner"
