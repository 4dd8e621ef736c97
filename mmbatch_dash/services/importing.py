"""Importing: a file of another system → the journal, with what it says of jobs that were open when it was written."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from mmbatch_dash.adapters.files import guess_format, read_file
from mmbatch_dash.adapters.guessing import Format
from mmbatch_dash.adapters.seen import OpenJobs
from mmbatch_dash.services.intake import Intake, Receipt

SNAPSHOTS = frozenset({Format.BATCH, Format.NEXTFLOW, Format.MMBATCH})
"""Formats that tell how jobs stood at one time; events each tell their own."""


def import_file(
    intake: Intake, file: Path, *, format_name: str | None, zone: tzinfo, progress: Callable[[int], None] | None = None
) -> Receipt:
    """What became of the lines or items of a file.

    Args:
        intake: the way into the journal.
        file: plain or gzip.
        format_name: one of `adapters.guessing.Format`; None guesses it.
        zone: of times that carry none.
        progress: told the bytes that have been read.

    Raises:
        InvalidInput: the whole file is in no format that is known, or not in the one named.
        OSError: it cannot be read.
        StoreUnavailable: the journal cannot take more now; what was taken before stays.
    """
    name = format_name or guess_format(file)
    seen = OpenJobs()
    total = Receipt()
    for receipt in intake.take_stream(seen.watch(read_file(file, name, zone=zone, progress=progress))):
        total.accepted += receipt.accepted
        total.duplicates += receipt.duplicates
        total.rejected += receipt.rejected
        total.end = receipt.end
    if name in SNAPSHOTS and (entries := seen.entries(f"mmbatch.import/{name}")):
        # Not counted: they are no lines of the file.
        total.end = intake.take(entries).end
    return total
