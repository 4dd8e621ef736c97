"""How an endpoint is declared, beside its function: the gate, parsing, the API document and the tests read it there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from mmbatch_dash.domain.identity import Audience

View = TypeVar("View", bound=Callable[..., Any])

JSON = "application/json"
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
NDJSON = "application/x-ndjson"
HTML = "text/html"
PLAIN = "text/plain"
PDF = "application/pdf"

OPERATION, CONFIGURATION, INTAKE, MMBATCH = "Operation", "Configuration", "Intake", "MMBatch"


@dataclass(frozen=True, slots=True)
class Content:
    """A body, either way.

    Attributes:
        model: of its JSON, as pydantic takes types; None where it is no JSON.
        media: content type; empty where there is no body.
    """

    model: Any = None
    media: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What one method of one path takes and answers.

    Attributes:
        who: the least right it needs where a login is configured.
        about: what it is for, in a sentence or two.
        group: under which heading the document shows it.
        answers: status → body of what is not an error.
        query: model of its query parameters; None where it takes none.
        bodies: the bodies it takes, any one of them.
        errors: status of errors it may answer besides those every endpoint may.
        lenient: it ignores parameters that it does not know, as the published API does.
        exported: its answer leaves the product as a file, which the audit log notes.
        paths: parameter in the path → what it is.
    """

    who: Audience
    about: str
    group: str
    answers: Mapping[int, Content]
    query: type[BaseModel] | None = None
    bodies: tuple[Content, ...] = ()
    errors: tuple[int, ...] = ()
    lenient: bool = False
    exported: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)


_MARK = "mmbatch_endpoint"


def declare(view: View, endpoint: Endpoint) -> View:
    """The view itself, with its declaration on it."""
    setattr(view, _MARK, endpoint)
    return view


def declared(view: object) -> Endpoint | None:
    """The declaration on a view; None where it has none."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Endpoint) else None
