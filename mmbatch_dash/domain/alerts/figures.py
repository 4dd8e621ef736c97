"""Every figure that a rule may name, and over which time it is taken."""

from dataclasses import dataclass
from enum import StrEnum

from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES, PROTECTION_OUTCOMES, TOTAL_JOBS, Unit

SHARE = "share"
"""The unit of a rate: 0.9 is 90 %."""


class Over(StrEnum):
    """What a window chooses. It is always over the time a thing happened, never over when it was told."""

    HAPPENED = "happened"
    COMPLETED = "completed"
    OBSERVED = "observed"
    NOW = "now"
    SERVER = "server"


SAID = {
    Over.HAPPENED: "of what happened in the window",
    Over.COMPLETED: "of the jobs that completed in the window",
    Over.OBSERVED: "of the jobs that completed in the window (30 days if not given), by queue or instance type",
    Over.NOW: "of open jobs, now",
    Over.SERVER: "of the server, now",
}


@dataclass(frozen=True, slots=True)
class AlertFigure:
    """A figure that a rule may name.

    Attributes:
        name: as rules spell it.
        about: what it is.
        over: which time it is taken over.
        unit: of its value.
        groups: a rule may ask for it by queue, user or what else jobs are grouped by.
        tries: it is a share of tries, so `minTried` goes with it.
    """

    name: str
    about: str
    over: Over
    unit: str = Unit.COUNT.value
    groups: bool = True
    tries: bool = False

    @property
    def windowed(self) -> bool:
        """Whether a window chooses what it is of."""
        return self.over in (Over.HAPPENED, Over.COMPLETED, Over.OBSERVED)


def _of_tries(kind: str, name: str) -> tuple[AlertFigure, ...]:
    over = Over.HAPPENED
    return (
        AlertFigure(f"{kind}.rate", f"Share of {name} that succeeded.", over, SHARE, tries=True),
        AlertFigure(f"{kind}.attempts", f"{name.capitalize()}, succeeded and failed.", over),
        AlertFigure(f"{kind}.succeeded", f"{name.capitalize()} that succeeded.", over),
        AlertFigure(f"{kind}.failed", f"{name.capitalize()} that failed.", over),
    )


def _of_server(name: str, about: str, unit: str = Unit.SECONDS) -> AlertFigure:
    return AlertFigure(f"server.{name}", about, Over.SERVER, unit, groups=False)


def _of_running(name: str, about: str, unit: str = Unit.COUNT, *, groups: bool = False) -> AlertFigure:
    return AlertFigure(f"running.{name}", about, Over.NOW, unit, groups=groups)


def _of_insight(name: str, about: str, unit: str = Unit.COUNT) -> AlertFigure:
    return AlertFigure(f"insight.{name}", about, Over.OBSERVED, unit)


_DECLARED = (
    *_of_tries("checkpoints", "checkpoints"),
    *_of_tries("restores", "restores"),
    *_of_tries("protections", "protections against reclaims"),
    *(
        AlertFigure(f"protections.{outcome}", f"Reclaimed attempts whose outcome is {outcome}.", Over.HAPPENED)
        for outcome in PROTECTION_OUTCOMES
        if outcome not in ("succeeded", "failed")
    ),
    AlertFigure("reclaims", "Attempts that EC2 took the instance from.", Over.HAPPENED),
    AlertFigure(
        "reclaims.unprotected_usd",
        "What the attempts had cost that were reclaimed without any checkpoint.",
        Over.HAPPENED,
        Unit.USD,
    ),
    AlertFigure("incurred.cost_usd", "What ended attempts cost in the window itself.", Over.HAPPENED, Unit.USD),
    AlertFigure(TOTAL_JOBS, "Total Jobs.", Over.COMPLETED),
    *(
        AlertFigure(figure.name, f"{figure.label}.", Over.COMPLETED, figure.unit)
        for figure in (*FIGURES, *ENGINEERING_FIGURES)
    ),
    _of_insight("reclaim_rate_per_hour", "Reclaims an hour on spot; unknown under five reclaims, as the two after it."),
    _of_insight("reclaim_rate_low_per_hour", "The lower end of its range at 95 %."),
    _of_insight("month_usd_saved_by_best_interval", "What the best checkpoint interval would save a month.", Unit.USD),
    _of_insight("month_usd_lost", "What reclaims cost a month in lost work.", Unit.USD),
    _of_insight("notice_rate", "Share of reclaims before which a checkpoint begun after the notice succeeded.", SHARE),
    _of_insight("usd_per_useful_vcpu_hour", "What a useful vCPU-hour costs.", Unit.USD),
    _of_running("jobs", "Jobs that run."),
    _of_running("stale_jobs", "Running jobs that nothing was heard of for longer than `dashboard.staleAfter`."),
    _of_running("vcpus", "vCPUs of running jobs."),
    _of_running("cost_usd", "What open attempts have cost so far.", Unit.USD),
    _of_running("cost_usd_per_hour", "What open attempts cost an hour.", Unit.USD),
    _of_running("reclaims_last_hour", "Attempts that EC2 took the instance from in the last hour."),
    _of_running("runnable_jobs", "Jobs in RUNNABLE.", groups=True),
    _of_running("runnable_seconds", "For how long the job that waits longest is RUNNABLE.", Unit.SECONDS, groups=True),
    _of_server(
        "silent_seconds",
        "For how long nothing was taken in, while jobs run; unknown while none does, and of a simulated fleet.",
    ),
    _of_server("fold_lag_seconds", "For how long something accepted has not been visible."),
    _of_server("rejects", "Events and lines kept aside and not settled.", Unit.COUNT),
    _of_server("damaged_places", "Places of the journal that cannot be read.", Unit.COUNT),
    _of_server("backup_age_seconds", "Age of the last backup; unknown before the first."),
    _of_server("disk_free_by_reserve", "Free disk as a multiple of what is kept free (storage.reserveMB).", Unit.COUNT),
)

ALERT_FIGURES: dict[str, AlertFigure] = {figure.name: figure for figure in _DECLARED}
"""Every figure that a rule may name, by its name."""
