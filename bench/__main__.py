"""`python -m bench`: measures in a folder that is removed afterwards, and prints the table."""

import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench.plan import make_plan, read_arguments, say
from bench.results import write_results
from bench.run import run
from bench.table import Row, format_table


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints; what was measured before a failure is printed too."""
    given = read_arguments(arguments)
    signal.signal(signal.SIGTERM, _leave)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mmbatch-bench-") as folder:
        try:
            for row in run(make_plan(given, Path(folder))):
                rows.append(row)
                say(f"  {row.what}: {row.ours}")
        finally:
            # Also what was measured before something failed or somebody lost patience.
            print(format_table(rows))
            sys.stdout.flush()
            if given.json:
                write_results(given.json, rows, arguments if arguments is not None else sys.argv[1:])


def _leave(number: int, _frame: FrameType | None) -> None:
    # An exception, so that servers are ended and the folder is removed.
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
