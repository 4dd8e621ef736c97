"""What became of imported files, as the command prints it and the API answers it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from mmbatch_dash.adapters.files import guess_format
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Rejection
from mmbatch_dash.services.importing import import_file
from mmbatch_dash.services.intake import Intake

SHOWN_REASONS = 5
"""Reasons of what was kept aside that are named at once; all of them are on the list of rejects."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of a file.

    Attributes:
        name: of the file.
        format: it was read as; None where it is in none that is known.
        new: entries on disk now.
        known: entries that were there already.
        kept_aside: lines that were refused.
        first_reason: why the first of them was, or why the file was not read.
        reasons: of the first few, each with its place.
    """

    name: str
    format: str | None
    new: int = 0
    known: int = 0
    kept_aside: int = 0
    first_reason: str | None = None
    reasons: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The JSON of one file in the answer of POST /api/v1/import."""
        return {name: value for name, value in asdict(self).items() if name != "reasons"}


@dataclass(frozen=True, slots=True)
class HowToRead:
    """How files are read.

    Attributes:
        format: one of `adapters.files.Format`; None guesses it of each file.
        zone: of times that carry none.
    """

    format: str | None
    zone: tzinfo


def take_file(
    intake: Intake, path: Path, how: HowToRead, *, progress: Callable[[int], None] | None = None
) -> ImportedFile:
    """What became of one file, once all of it is on disk.

    Args:
        intake: the way into the journal.
        path: of the file, plain or gzip.
        how: to read it.
        progress: told the bytes of the file that have been read.

    Raises:
        InvalidInput: the file is in no format that is known.
        OSError: it cannot be read.
        StoreUnavailable: the journal cannot take more now; what was taken in before stays.
    """
    file_format = how.format or guess_format(path)
    receipt = import_file(intake, path, format_name=file_format, zone=how.zone, progress=progress)
    reasons = [f"{_place(rejection)}{rejection.error}" for rejection in receipt.rejected[:SHOWN_REASONS]]
    return ImportedFile(
        path.name,
        str(file_format),
        receipt.accepted,
        receipt.duplicates,
        len(receipt.rejected),
        reasons[0] if reasons else None,
        tuple(reasons),
    )


def _place(rejection: Rejection) -> str:
    # Of a file that broke off nobody knows the line.
    return f"{rejection.options.get('counted', 'line')} {rejection.index}: " if rejection.index > 0 else ""


def unread_file(name: str, error: InvalidInput) -> ImportedFile:
    """What is said of a file that is in no format that is known."""
    return ImportedFile(name, None, first_reason=str(error))


def add_up(files: list[ImportedFile]) -> Mapping[str, Any]:
    """The JSON of POST /api/v1/import."""
    return {
        "new": sum(file.new for file in files),
        "known": sum(file.known for file in files),
        "kept_aside": sum(file.kept_aside for file in files),
        "files": [file.as_dict() for file in files],
    }
