"""All colours of charts, and the meanings they have everywhere.

Every mark colour keeps at least 3:1 against both surfaces, so one figure serves the light and the dark
theme and the printed page; text, grid and backgrounds are set by assets/charts.css from the same tokens.
"""

from enum import StrEnum

SURFACE_LIGHT = "#ffffff"
SURFACE_DARK = "#14181f"


class Meaning(StrEnum):
    """What a colour says, the same in cards, charts and chips."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PENDING = "pending"
    UNPROTECTED = "unprotected"
    UNKNOWN = "unknown"


MEANING_COLOURS: dict[str, str] = {
    Meaning.SUCCEEDED: "#12946f",
    Meaning.FAILED: "#d4582a",
    Meaning.PENDING: "#2b83d6",
    Meaning.UNPROTECTED: "#a65fb5",
    Meaning.UNKNOWN: "#7d8794",
}

ACCENT = "#5b62d6"
PAID = "#74809a"
SAVED_BY_RESTORES = MEANING_COLOURS[Meaning.SUCCEEDED]
SAVED_ON_DEMAND = ACCENT

SERIES: tuple[str, ...] = (
    "#5b62d6",
    "#12946f",
    "#cf7024",
    "#b552a4",
    "#2b93cf",
    "#84882c",
    "#c94f5c",
    "#8f6fd8",
)
"""At most eight series; what is left over is drawn in `OTHER`."""

OTHER = "#7d8794"

HEAT_SCALE: list[list[float | str]] = [
    [0.0, "rgba(212, 88, 42, 0.06)"],
    [0.25, "rgba(212, 88, 42, 0.30)"],
    [0.5, "rgba(212, 88, 42, 0.55)"],
    [1.0, "rgba(212, 88, 42, 1)"],
]

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
HOVER_SURFACE = "#1d2430"
HOVER_TEXT = "#f2f4f8"
GRID = "rgba(125, 135, 148, 0.22)"
TEXT = "#7d8794"
