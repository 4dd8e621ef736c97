"""One job as rows of the store, and the parts of it that formulas add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmbatch_dash.domain.figures.formula import Rows

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """One job with its parts; attempts in order."""

    job: Row
    attempts: Sequence[Row]
    checkpoints: Sequence[Row]
    restores: Sequence[Row]

    @property
    def ran(self) -> list[Row]:
        """Attempts that ran, or may have."""
        return [attempt for attempt in self.attempts if attempt["end_reason"] != "not_started"]

    @property
    def latest(self) -> Row | None:
        """The latest attempt that ran."""
        return self.ran[-1] if self.ran else None

    def over(self, rows: Rows) -> list[Row]:
        """The parts that a sum over `rows` runs over."""
        match rows:
            case Rows.ATTEMPTS:
                return self.ran
            case Rows.ENDED_ATTEMPTS:
                return [attempt for attempt in self.ran if attempt["end_reason"] != "running"]
            case Rows.CHECKPOINTS:
                return [row for row in self.checkpoints if row["outcome"]]
            case Rows.RESTORES:
                return [row for row in self.restores if row["outcome"]]

    def restore_into(self, attempt: int) -> Row | None:
        """The restore that counts of those into an attempt: the last success."""
        found = [row for row in self.restores if row["attempt"] == attempt and row["outcome"] == "succeeded"]
        return max(found, key=lambda row: row["finished_at"]) if found else None
