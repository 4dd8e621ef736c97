"""What the pages of jobs and nodes need from what is below them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from mmbatch_dash.domain.paging import Sort
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.nodes import NodeState

Row = Mapping[str, Any]


class Explained(Protocol):
    """One figure of one job and how it was computed."""

    @property
    def value(self) -> float | None:
        """None where unknown."""

    @property
    def unit(self) -> str:
        """h, s or USD."""

    @property
    def formula(self) -> str:
        """In general."""

    @property
    def computed(self) -> str:
        """With this job's numbers; empty where unknown."""

    @property
    def unknown_because(self) -> str | None:
        """The end of a sentence where the value is None."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What went in."""

    @property
    def rates(self) -> Sequence[Row] | None:
        """A row an attempt, for figures made of prices."""


class JobDetail(Protocol):
    """One job with its parts; rows have the columns of metrics.md, instants are aware."""

    @property
    def as_of(self) -> datetime:
        """Reading time."""

    @property
    def job(self) -> Row:
        """The job's own row."""

    @property
    def attempts(self) -> Sequence[Row]:
        """In order."""

    @property
    def checkpoints(self) -> Sequence[Row]:
        """In order of attempt and time."""

    @property
    def restores(self) -> Sequence[Row]:
        """In order of attempt and time."""

    @property
    def notices(self) -> Sequence[Row]:
        """What EC2 announced about its instances."""

    @property
    def children(self) -> Sequence[Row]:
        """Of an array or multi-node parent, the first thousand."""

    @property
    def children_total(self) -> int:
        """How many there are."""

    @property
    def parent(self) -> Row | None:
        """The job it belongs to."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Name → `Explained`."""

    @property
    def running(self) -> Mapping[str, Any]:
        """Open work, name → `Explained`."""


class Jobs(Protocol):
    """Reading jobs."""

    def read_sort(self, text: str | None) -> Sort:
        """The order a `sort` parameter asks for."""

    def block(self, selection: Selection, *, sort: Sort, offset: int, limit: int) -> Any:
        """Rows from an offset on, and how many there are."""

    def count(self, selection: Selection) -> int:
        """How many jobs the selection has."""

    def totals(self, selection: Selection) -> dict[str, float | int | None]:
        """The totals row."""

    def detail(self, job_id: str) -> Any:
        """A `JobDetail`; NotFound where there is none."""

    def events(self, job_id: str, *, limit: int, skip_latest: int = 0) -> Any:
        """Some of what was said of a job."""


class Nodes(Protocol):
    """Reading nodes."""

    def read_sort(self, text: str | None) -> Sort:
        """The order a `sort` parameter asks for."""

    def list(self, selection: Selection, *, states: tuple[NodeState, ...], sort: Sort, limit: int, offset: int) -> Any:
        """Some nodes of a selection, how many of it are in each state, and how long they may be silent."""
