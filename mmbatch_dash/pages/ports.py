"""What pages need from what is below them, as small as it is: the services offer more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pandas as pd

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.pages.job_ports import Jobs, Nodes


class Total(Protocol):
    """The sum of one figure over the jobs where it is known, and the share of jobs where it is."""

    @property
    def value(self) -> float | None:
        """None where no job's figure is known."""

    @property
    def coverage(self) -> float | None:
        """None where the figure applies to no job."""


class Tally(Protocol):
    """Attempts of checkpoints, restores or protections."""

    @property
    def attempts(self) -> int:
        """Succeeded and failed ones."""

    @property
    def succeeded(self) -> int:
        """How many succeeded."""

    @property
    def failed(self) -> int:
        """How many failed."""

    @property
    def rate(self) -> float | None:
        """Succeeded of those; None where nothing was tried."""


class Protections(Tally, Protocol):
    """Reclaimed attempts by outcome."""

    @property
    def pending(self) -> int:
        """Not decided yet."""

    @property
    def unprotected(self) -> int:
        """Of jobs without any checkpoint or restore."""


class Summary(Protocol):
    """The headline and engineering figures of a selection."""

    @property
    def total_jobs(self) -> int:
        """Selected jobs."""

    @property
    def spot_protections(self) -> int:
        """Succeeded protections."""

    @property
    def figures(self) -> Mapping[str, Total]:
        """Headline figures by name."""

    @property
    def engineering(self) -> Mapping[str, Total]:
        """Engineering figures by name."""

    @property
    def checkpoints(self) -> Tally:
        """Checkpoints taken."""

    @property
    def restores(self) -> Tally:
        """Restores made."""

    @property
    def protections(self) -> Protections:
        """Reclaimed attempts by outcome."""


class Running(Protocol):
    """Open work as of the reading time."""

    @property
    def jobs(self) -> int:
        """Running jobs."""

    @property
    def vcpus(self) -> float | None:
        """Requested vCPUs of running jobs."""

    @property
    def cpu_hours(self) -> float | None:
        """CPU hours so far."""

    @property
    def cost_usd(self) -> float | None:
        """Cost so far."""

    @property
    def cost_usd_per_hour(self) -> float | None:
        """Cost rate."""

    @property
    def reclaims_last_hour(self) -> int:
        """Attempts reclaimed in the last hour."""


class Dashboard(Protocol):
    """Everything the Dashboard shows, read at one instant. Frames as metrics.md names their columns."""

    @property
    def as_of(self) -> datetime:
        """Reading time."""

    @property
    def empty_store(self) -> bool:
        """No job has ever been seen."""

    @property
    def summary(self) -> Summary:
        """Of the selection."""

    @property
    def previous(self) -> Summary | None:
        """Of the period of equal length before it; None where the range is open."""

    @property
    def buckets(self) -> pd.DataFrame:
        """A row a time bucket."""

    @property
    def bucket_unit(self) -> str:
        """hour, day, week or month."""

    @property
    def queue_buckets(self) -> pd.DataFrame:
        """A row a queue and time bucket."""

    @property
    def queues(self) -> pd.DataFrame:
        """A row a queue."""

    @property
    def reclaims(self) -> pd.DataFrame:
        """A row an hour of day, instance type and zone."""

    @property
    def durations(self) -> pd.DataFrame | None:
        """A row a kind of work and queue; None outside Engineering Mode."""

    @property
    def running(self) -> Running:
        """Open work."""

    @property
    def assumed_share(self) -> float:
        """Share of ended attempt hours priced by assumption."""

    @property
    def shared_instance_jobs(self) -> int:
        """Jobs that shared an instance which each of them is charged whole."""


class Spread(Protocol):
    """Money and hours over time, by whichever time; a `Dashboard` is one. Its sums are those of the summary."""

    @property
    def bucket_unit(self) -> str:
        """hour, day, week or month."""

    @property
    def buckets(self) -> pd.DataFrame:
        """A row a time bucket; bucket_start is NaT for what has no such time."""

    @property
    def queue_buckets(self) -> pd.DataFrame:
        """A row a queue and time bucket."""


class Freshness(Protocol):
    """How recent what is shown is."""

    @property
    def as_of(self) -> datetime:
        """What was accepted until then is in the figures."""

    @property
    def lag_seconds(self) -> float:
        """How far the fold is behind."""

    @property
    def problem(self) -> str | None:
        """Why the fold is stuck, or None."""

    @property
    def simulated(self) -> bool:
        """The data come from the simulator."""


class Reports(Protocol):
    """Reading services."""

    def dashboard(self, selection: Selection, *, engineering: bool = False) -> Any:
        """A `Dashboard` of the selection."""

    def incurred(self, selection: Selection) -> Any:
        """A `Spread` of the selection by when cost and hours were incurred."""

    def filter_choices(self) -> dict[str, list[str]]:
        """Known values by parameter."""

    def version(self) -> int:
        """A number that changes whenever figures may have changed."""

    def freshness(self) -> Any:
        """A `Freshness`."""


class Prices(Protocol):
    """Where rates come from."""

    def coverage(self, selection: Selection) -> Any:
        """How well the cost figures of a selection are founded; `as_dict()` is what the API answers."""


class Services(Protocol):
    """What pages are given."""

    @property
    def prices(self) -> Prices:
        """Where rates come from."""

    @property
    def reports(self) -> Reports:
        """Figures of selections."""

    @property
    def jobs(self) -> Jobs:
        """Lists of jobs, and one job."""

    @property
    def nodes(self) -> Nodes:
        """Worker nodes."""


@dataclass(frozen=True, slots=True)
class PageDefaults:
    """What a page starts from where its address says nothing.

    Attributes:
        timezone: IANA zone of times and days.
        engineering: Engineering Mode on.
        refresh_seconds: how often a live page asks for news.
    """

    timezone: str = "UTC"
    engineering: bool = False
    refresh_seconds: float = 15.0
