"""Query models: what endpoints take behind the question mark, and reading it from a request."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from mmbatch_dash.adapters.guessing import Format
from mmbatch_dash.domain.bill import BillFormat
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.figures import RENAMED
from mmbatch_dash.domain.filters import Parameter
from mmbatch_dash.domain.groupings import GROUPINGS
from mmbatch_dash.domain.nearest import describe_choice, find_nearest
from mmbatch_dash.domain.paging import CURSOR_LIMIT, parse_count
from mmbatch_dash.domain.selection import PARAMETERS, Selection, parse_selection
from mmbatch_dash.store.queries.insight.placed import InsightBy
from mmbatch_dash.store.queries.job_fields import SORTABLE
from mmbatch_dash.store.queries.nodes import NODE_SORTABLE, NodeState

MOST_ROWS = 1000
ROWS = 100
MOST_REJECTS = 1000
REJECTS = 100
MOST_LINES = 100_000
LINES = 500

Asked = TypeVar("Asked", bound="Query")

_TIME = "an ISO 8601 instant, or a date in `tz`"


def _sorts(names: Collection[str]) -> tuple[str, ...]:
    known = (*names, *RENAMED)
    return (*known, *(f"-{name}" for name in known))


class Query(BaseModel):
    """Base: no parameters at all. A field of `Selection` takes all of a selection's."""

    model_config = ConfigDict(frozen=True)


class SelectionQuery(Query):
    """Which jobs."""

    selection: Selection = Selection()


class GroupsQuery(SelectionQuery):
    """Which jobs, and by what."""

    by: Annotated[str, Parameter(about=f"What to group by: {', '.join(GROUPINGS)}.")] = "queue"
    bucket: Annotated[
        str,
        Parameter(
            about="incurred, with by=day: what each day cost, not what the jobs cost that began or ended on it.",
            vocabulary=("basis", "incurred"),
        ),
    ] = "basis"
    limit: Annotated[int, Parameter(about="Groups at most.", least=1, most=MOST_ROWS)] = MOST_ROWS
    after: Annotated[str, Parameter(about="`next` of the page before.")] = ""


class InsightQuery(SelectionQuery):
    """Which jobs, and by what."""

    by: Annotated[
        str, Parameter(about="What rates and advice are grouped by.", vocabulary=tuple(by.value for by in InsightBy))
    ] = InsightBy.QUEUE.value


class JobsFileQuery(SelectionQuery):
    """Which jobs, in which order."""

    sort: Annotated[
        str,
        Parameter(about="Column; - before it for descending. Unknown comes last.", vocabulary=_sorts(SORTABLE)),
    ] = ""


class JobsQuery(JobsFileQuery):
    """Which page of which jobs."""

    limit: Annotated[int, Parameter(about=f"Rows; {ROWS} if not given.", least=1, most=MOST_ROWS)] = ROWS
    after: Annotated[str, Parameter(about="`next` of the page before, in the same order.")] = ""


class EventsQuery(Query):
    """Which events of a job."""

    limit: Annotated[int, Parameter(about=f"Rows; {ROWS} if not given.", least=1, most=MOST_ROWS)] = ROWS
    skip_latest: Annotated[int, Parameter(about="`skip_latest` of the page before.", least=0)] = 0


class LogQuery(Query):
    """Which lines of a log file."""

    tail: Annotated[int, Parameter(about=f"Lines; {LINES} if not given.", least=1, most=MOST_LINES)] = LINES
    search: Annotated[str, Parameter(about="What each line must hold; upper and lower case are alike.")] = ""


class NodesFileQuery(SelectionQuery):
    """Which nodes."""

    state: Annotated[
        tuple[str, ...],
        Parameter(about="Node state.", vocabulary=tuple(state.value for state in NodeState), many=True),
    ] = ()

    @property
    def states(self) -> tuple[NodeState, ...]:
        """The states chosen; none means all."""
        return tuple(NodeState(state) for state in self.state)


class NodesQuery(NodesFileQuery):
    """Which page of which nodes."""

    sort: Annotated[
        str,
        Parameter(
            about="Column; - before it for descending. Unknown comes last. Those heard of last are first if not given.",
            vocabulary=(*NODE_SORTABLE, *(f"-{name}" for name in NODE_SORTABLE)),
        ),
    ] = ""
    limit: Annotated[int, Parameter(about=f"Rows; {ROWS} if not given.", least=1, most=MOST_ROWS)] = ROWS
    offset: Annotated[int, Parameter(about="Rows to pass over.", least=0)] = 0


class PublishedJobsQuery(SelectionQuery):
    """Which jobs, and how many at most."""

    limit: Annotated[int, Parameter(about="How many at most; all if not given.", least=1)] = 0


class HoursQuery(SelectionQuery):
    """Which jobs; `start` and `end` stand for `from` and `to`."""

    start: Annotated[str, Parameter(about=f"From: {_TIME}.")] = ""
    end: Annotated[str, Parameter(about=f"To: {_TIME}.")] = ""


class ImportQuery(Query):
    """How the files of the body are read."""

    format: Annotated[
        str, Parameter(about="Format; guessed of each file if not given.", vocabulary=tuple(map(str, Format)))
    ] = ""
    timezone: Annotated[str, Parameter(about="Zone of times that carry none; UTC if not given.")] = "UTC"
    name: Annotated[str, Parameter(about="Name of the file, where it is the body itself.")] = ""


class MetricQuery(Query):
    """Which points of a series."""

    interval: Annotated[str, Parameter(about="1m, 30m or 24h; 1m if not given.")] = ""
    start: Annotated[str, Parameter(about="From: an ISO 8601 instant; as far back as the interval is kept.")] = ""
    end: Annotated[str, Parameter(about="Until before: an ISO 8601 instant; now if not given.")] = ""


class ReportQuery(SelectionQuery):
    """Which month of which jobs."""

    month: Annotated[str, Parameter(about="Month in `tz`; the present one if not given.", example="2026-03")] = ""


class BillQuery(Query):
    """Which bill, and which days of it."""

    format: Annotated[
        str,
        Parameter(
            about="cur or focus; that of the file taken in last if not given.",
            vocabulary=tuple(form.value for form in BillFormat),
        ),
    ] = ""
    first: Annotated[str, Parameter(about="First day, in UTC.", example="2026-03-01")] = ""
    last: Annotated[str, Parameter(about="Last day, in UTC.", example="2026-03-31")] = ""


class BillFileQuery(Query):
    """What the file of the body is called."""

    name: Annotated[str, Parameter(about="Name of the file, with its ending.", example="bill.csv.gz")] = ""


class ConfigQuery(Query):
    """Whose configuration, and who asks."""

    queue: Annotated[
        str, Parameter(about="A queue; its own checkpoint mode and interval then stand in place of the global ones.")
    ] = ""
    node: Annotated[str, Parameter(about="What the asking node calls itself, where it sends no X-Node-Id.")] = ""


class RejectsQuery(Query):
    """Which page of what was kept aside."""

    limit: Annotated[int, Parameter(about=f"Rows; {REJECTS} if not given.", least=1, most=MOST_REJECTS)] = REJECTS
    after: Annotated[str, Parameter(about="`next` of the page before.")] = ""


def parameters_of(model: type[BaseModel] | None) -> dict[str, Parameter]:
    """Parameter as requests spell it → its declaration, of a query model; none without one."""
    found: dict[str, Parameter] = {}
    for name, field in model.model_fields.items() if model else ():
        if field.annotation is Selection:
            found |= PARAMETERS
            continue
        [declared] = [said for said in field.metadata if isinstance(said, Parameter)]
        found[declared.name or name] = declared
    return found


def read_query(model: type[Asked], given: Mapping[str, Sequence[str]]) -> Asked:
    """The model of what a request gives; parameters that are none of its are not looked at.

    Raises:
        InvalidFilter: a value does not parse; the message names the parameter.
    """
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.annotation is Selection:
            values[name] = parse_selection(given)
            continue
        [declared] = [said for said in field.metadata if isinstance(said, Parameter)]
        if texts := [text for text in given.get(declared.name or name, ()) if text != ""]:
            values[name] = _read(declared.name or name, declared, texts)
    # Everything in it was checked here already.
    return cast(Asked, model.model_construct(**{**_defaults(model), **values}))


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    return {name: field.default for name, field in model.model_fields.items()}


def _read(name: str, declared: Parameter, texts: Sequence[str]) -> Any:
    if len(texts) > 1 and not declared.many:
        raise InvalidFilter("may be given once only", field=name)
    for text in texts:
        if declared.vocabulary and text not in declared.vocabulary:
            raise InvalidFilter(describe_choice(text, declared.vocabulary), field=name)
        if len(text) > CURSOR_LIMIT or "\x00" in text:
            raise InvalidFilter(f"{text[:80]!r} is too long or holds a NUL character", field=name)
    if declared.least is not None:
        return parse_count(texts[0], name, default=0, least=declared.least, most=declared.most)
    return tuple(dict.fromkeys(texts)) if declared.many else texts[0]


def refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    """Nothing, where every parameter is known.

    Raises:
        InvalidFilter: one is not; the message names the nearest known one.
    """
    for name in given:
        if name in known:
            continue
        if not known:
            raise InvalidFilter("is not understood here: this takes no parameters", field=name[:80])
        nearest = find_nearest(name, known)
        hint = f"{nearest} is nearest" if nearest else f"known are {', '.join(known)}"
        raise InvalidFilter(f"is not a parameter here; {hint}", field=name[:80])
