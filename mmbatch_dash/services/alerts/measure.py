"""What rules and budgets watch, as frames of this moment."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from mmbatch_dash.domain.alerts.budgets import Spent, month_of, passed_marks
from mmbatch_dash.domain.alerts.figures import Over
from mmbatch_dash.domain.alerts.incidents import Finding, Place
from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.config.alert_rules import Rule, read_rules
from mmbatch_dash.domain.errors import Rebuilding
from mmbatch_dash.domain.groupings import QUEUE
from mmbatch_dash.domain.selection import UNKNOWN, Selection, parse_selection
from mmbatch_dash.metrics.alerts import judge
from mmbatch_dash.metrics.summary import Running, read_running
from mmbatch_dash.services.backup.last import read_last_backup
from mmbatch_dash.services.insight import InsightBy, Insights
from mmbatch_dash.services.insight_figures import insight_frame
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.activity import fetch_running, fetch_running_jobs, fetch_stale
from mmbatch_dash.store.queries.happened import fetch_happened, fetch_open_cost, fetch_waiting
from mmbatch_dash.store.queries.rejects import count_rejects
from mmbatch_dash.store.queries.stuck import fetch_given_up, fetch_stuck, fetch_without_volume
from mmbatch_dash.store.queries.totals import fetch_totals

BUDGET = "budget "
"""Before the name of a budget, where incidents name what they are of."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the server knows of itself.

    Attributes:
        data_dir: where its data are.
        last_append_at: when something was last taken in, by whichever server; None where nothing ever was.
        lag_seconds: for how long something accepted has not been visible.
        damaged_places: of the journal.
        reserve_bytes: what is to stay free on its disk.
        simulated: its fleet is made up; that nothing is heard of it is no news.
        is_rebuilding: its tables are being made anew, and those that are shown are of before.
    """

    data_dir: Path
    last_append_at: Callable[[], datetime | None]
    lag_seconds: float
    damaged_places: int
    reserve_bytes: int
    simulated: bool = False
    is_rebuilding: bool = False


@dataclass(frozen=True, slots=True)
class Stuck:
    """Jobs that stand still, for a reason AWS told or for want of their volume, and those that were given up.

    Each by reason, the commonest first.
    """

    waiting: tuple[tuple[str, int], ...] = ()
    without_volume: tuple[tuple[str, int], ...] = ()
    given_up: tuple[tuple[str, int], ...] = ()


class Measure:
    """Asks the store; thread-safe."""

    def __init__(
        self,
        database: Database,
        config: Callable[[], Config],
        facts: Callable[[], ServerFacts],
        insights: Insights,
    ) -> None:
        """Measures what the configuration names.

        Args:
            database: of the folded tables.
            config: in force.
            facts: of the server.
            insights: what to change, by group.
        """
        self._database, self._config, self._facts, self._insights = database, config, facts, insights

    def findings(self, now: datetime) -> dict[Place, Finding]:
        """Everything that is wrong now, by rule and group; budgets too.

        Raises:
            Rebuilding: the tables are being made anew, and the figures are those of before.
        """
        if self._facts().is_rebuilding:
            raise Rebuilding("No rule is judged while the tables are made anew.")
        config = self._config()
        rules, _ = read_rules(config.alerts)
        found: dict[Place, Finding] = {}
        for rule in rules:
            for group, finding in judge(rule, self.frame(rule, now)).items():
                found[rule.name, group] = finding
        for spent in self.budgets(now):
            for group, finding in passed_marks(spent).items():
                found[BUDGET + spent.name, group] = finding
        return found

    def frame(self, rule: Rule, now: datetime) -> pd.DataFrame:
        """A row a group with the parts of a rule's figure, of its window up to now."""
        if rule.figure.over is Over.SERVER:
            return pd.DataFrame([{"key": None, rule.figure.name: self._of_server(rule.figure.name, now)}])
        if rule.figure.over is Over.OBSERVED:
            return self._of_insight(rule, now)
        with self._database.cursor() as cursor:
            if rule.figure.over is Over.HAPPENED:
                since = now - (rule.window or timedelta())
                return fetch_happened(cursor, rule.selection, since, now, rule.by)
            if rule.figure.over is Over.COMPLETED:
                selection = _completed(rule.selection, now - (rule.window or timedelta()), now)
                totals = fetch_totals(cursor, selection, by=rule.by)
                return totals.rename(columns={"jobs": "total_jobs"}).assign(key=totals.get("key"))
            if rule.figure.name.startswith("running.runnable_"):
                return fetch_waiting(cursor, rule.selection, now, rule.by)
            stale_after = timedelta(seconds=self._config().dashboard.stale_after.seconds)
            running = fetch_running(cursor, rule.selection, now, stale_after)
        return running.rename(columns={name: f"running.{name}" for name in running.columns}).assign(key=None)

    def running_by_queue(self, now: datetime) -> dict[str, tuple[int, int]]:
        """Queue → jobs that run, and those that nothing was heard of for long; UNKNOWN where a job has no queue."""
        stale_after = timedelta(seconds=self._config().dashboard.stale_after.seconds)
        with self._database.cursor() as cursor:
            stale = fetch_stale(cursor, Selection(), now, stale_after)
            running = fetch_running_jobs(cursor)
        return {queue or UNKNOWN: (jobs - stale.get(queue, 0), stale.get(queue, 0)) for queue, jobs in running.items()}

    def budgets(self, now: datetime) -> list[Spent]:
        """Every budget as it stands, in order of the configuration."""
        config = self._config()
        month_at = month_of(now, ZoneInfo(config.dashboard.timezone))
        spent = []
        for name, budget in config.budgets.items():
            query = {kind: getattr(budget, kind) for kind in ("queue", "user", "definition", "tag")}
            selection = parse_selection(query)
            with self._database.snapshot() as cursor:
                happened = fetch_happened(cursor, selection, month_at, now)
                usd = float(happened["incurred.cost_usd"].fillna(0.0).sum())
                usd += fetch_open_cost(cursor, selection, month_at, now)
            spent.append(Spent(name, float(budget.usd_per_month), usd, month_at, now, budget.channels))
        return spent

    def stuck(self, selection: Selection) -> Stuck:
        """Which of the selected jobs stand still and why; those that wait now, whenever they were submitted."""
        now = selection.model_copy(update={"from_at": None, "to_at": None})
        with self._database.cursor() as cursor:
            return Stuck(
                waiting=tuple(fetch_stuck(cursor, now)),
                without_volume=tuple(fetch_without_volume(cursor, now)),
                given_up=tuple(fetch_given_up(cursor, selection)),
            )

    def _of_insight(self, rule: Rule, now: datetime) -> pd.DataFrame:
        by = InsightBy.QUEUE if rule.by in (None, QUEUE) else InsightBy.INSTANCE_TYPE
        # Whole hours: what was asked a moment ago is kept, and advice does not turn by the minute.
        until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        selection = _completed(rule.selection, until - (rule.window or timedelta()), until)
        return insight_frame(self._insights.read(selection, by).rows)

    def _of_server(self, name: str, now: datetime) -> float | None:
        facts = self._facts()
        match name.removeprefix("server."):
            case "fold_lag_seconds":
                return facts.lag_seconds
            case "damaged_places":
                return float(facts.damaged_places)
            case "rejects":
                with self._database.cursor() as cursor:
                    return float(count_rejects(cursor))
            case "backup_age_seconds":
                made_at = read_last_backup(facts.data_dir)
                return (now - made_at).total_seconds() if made_at else None
            case "disk_free_by_reserve":
                disk = os.statvfs(facts.data_dir)
                return disk.f_bavail * disk.f_frsize / max(facts.reserve_bytes, 1)
            case _:
                # A demo without its live feed is silent by design, and the first page of a newcomer.
                return None if facts.simulated else self._silent_seconds(facts.last_append_at(), now)

    def _silent_seconds(self, last: datetime | None, now: datetime) -> float | None:
        if self._running(now).jobs == 0:
            return None
        # Also right after a start, when nobody remembers the last arrival.
        return max((now - (last or now)).total_seconds(), 0.0)

    def _running(self, now: datetime) -> Running:
        stale_after = timedelta(seconds=self._config().dashboard.stale_after.seconds)
        with self._database.cursor() as cursor:
            return read_running(fetch_running(cursor, Selection(), now, stale_after).iloc[0])


def _completed(selection: Selection, from_at: datetime, to_at: datetime) -> Selection:
    return selection.model_copy(update={"basis": Basis.COMPLETED, "from_at": from_at, "to_at": to_at})
