"""The alerts as pages see them: what is open, and what is spent."""

from dataclasses import dataclass, field
from datetime import datetime

from mmbatch_dash.domain.alerts.budgets import Spent
from mmbatch_dash.domain.alerts.incidents import State


@dataclass
class FakeAlerts:
    state: State = field(default_factory=State)


@dataclass
class FakeMeasure:
    spent: list[Spent] = field(default_factory=list)

    def budgets(self, now: datetime) -> list[Spent]:
        del now
        return self.spent
