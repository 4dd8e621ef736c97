"""The alerts as pages see them: what is open, and what is spent."""

from dataclasses import dataclass, field
from datetime import datetime

from mmbatch_dash.domain.alerts.budgets import Spent
from mmbatch_dash.domain.alerts.incidents import State
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services.alerts.measure import Stuck


@dataclass
class FakeAlerts:
    state: State = field(default_factory=State)


@dataclass
class FakeMeasure:
    spent: list[Spent] = field(default_factory=list)
    standing: Stuck = field(default_factory=Stuck)

    def budgets(self, now: datetime) -> list[Spent]:
        del now
        return self.spent

    def stuck(self, selection: Selection) -> Stuck:
        del selection
        return self.standing
