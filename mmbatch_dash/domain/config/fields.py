"""How one key of the configuration is declared: its words, its unit, and what sets it apart."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class Marks:
    """What a key is besides its value.

    Attributes:
        unit: what its value is counted in, for people.
        restart: a change takes effect at the next start.
        job_variable: environment variable of a job that overrides it on the node.
        fixed: set when the server is made, never changed.
        secret: left out of every answer.
        ours: not a key of the MMBatch management server.
    """

    unit: str = ""
    restart: bool = False
    job_variable: str = ""
    fixed: bool = False
    secret: bool = False
    ours: bool = False


class Section(BaseModel):
    """Base of every section: unknown keys are refused, and a section once read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, populate_by_name=False)


def setting(
    name: str,
    default: Any,
    description: str,
    *,
    unit: str = "",
    restart: bool = False,
    job_variable: str = "",
    fixed: bool = False,
    secret: bool = False,
    ours: bool = False,
) -> Any:
    """A field of a section under its published name.

    Args:
        name: the key in YAML and JSON.
        default: the shipped value, in the form people write it.
        description: a sentence or two for the page and the documents.
        unit: see `Marks`, as the others.
        restart: see `Marks`.
        job_variable: see `Marks`.
        fixed: see `Marks`.
        secret: see `Marks`.
        ours: see `Marks`.
    """
    marks = Marks(unit, restart, job_variable, fixed, secret, ours)
    return Field(default, alias=name, description=description, json_schema_extra={"marks": marks})  # type: ignore[dict-item]  # read back by keys.py only
