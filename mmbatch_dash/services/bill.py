"""Bills kept beside the store: imported, listed, held against our own cost."""

import hashlib
import json
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from mmbatch_dash.adapters.aws.bucket import SCHEME, Bucket
from mmbatch_dash.domain.bill import BillFormat, Cause
from mmbatch_dash.domain.errors import InvalidInput, NotFound
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.store.bill.compare import compare_bill, read_period
from mmbatch_dash.store.bill.lines import reduce_bill
from mmbatch_dash.store.config.file import replace_text
from mmbatch_dash.store.database import Database

LOG = logging.getLogger(__name__)
FOLDER = "bills"
RECEIVING = ".bill-"
"""How the folders begin that hold a bill while it comes in."""
ENDINGS = (".csv", ".csv.gz", ".parquet")
NONE_YET = "There is no bill yet: import one with POST /api/v1/bill or the command bill import."


@dataclass(frozen=True, slots=True)
class Bill:
    """One file of a bill, as it is kept.

    Attributes:
        id: of its content.
        name: of the file; a later one of the same name replaces it, as AWS writes a month anew.
        format: what it was written in.
        lines: it had.
        imported_at: when.
    """

    id: str
    name: str
    format: BillFormat
    lines: int
    imported_at: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A bill beside our own cost.

    Attributes:
        format: of the bill.
        first: day of it, UTC.
        last: day of it.
        rows: a row a day, account and instance, as `store.bill.compare` gives them.
    """

    format: BillFormat
    first: date
    last: date
    rows: pd.DataFrame

    def total(self, column: str) -> Decimal:
        """The exact sum of a column."""
        return sum((Decimal(str(value)) for value in self.rows[column]), Decimal(0))

    def by_cause(self) -> dict[Cause, Decimal]:
        """What each cause adds to the difference; together they are it."""
        return {cause: self.total(f"{cause.value}_usd") for cause in Cause}


class Bills:
    """The bills of a data directory; thread-safe."""

    def __init__(
        self, data_dir: Path, database: Database, attribution: Callable[[], str], clock: Callable[[], datetime]
    ) -> None:
        """Keeps them in a folder of the data directory.

        Args:
            data_dir: of the server.
            database: of the folded tables.
            attribution: pricing.attribution in force.
            clock: what time it is.
        """
        self._folder = data_dir / FOLDER
        self._database, self._attribution, self._clock = database, attribution, clock
        self._lock = threading.Lock()

    def list(self) -> list[Bill]:
        """Every file kept, by name."""
        found = []
        for path in self._folder.glob("*.json") if self._folder.is_dir() else ():
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            found.append(Bill(**{**record, "format": BillFormat(record["format"])}))
        return sorted(found, key=lambda bill: bill.name)

    def take(self, path: Path, name: str) -> Bill:
        """Takes in a file; the same content again adds nothing, another one of the same name replaces it.

        Raises:
            InvalidInput: it is no bill that can be read; nothing is changed.
        """
        with self._lock:
            digest = _digest(path)
            known = {bill.id: bill for bill in self.list()}
            if digest in known:
                return known[digest]
            self._folder.mkdir(exist_ok=True)
            target = self._folder / f"{digest}.parquet"
            partial = target.with_suffix(".part")
            try:
                form, lines = reduce_bill(path, partial)
            except InvalidInput:
                partial.unlink(missing_ok=True)
                raise
            partial.replace(target)
            bill = Bill(digest, name, form, lines, to_iso(self._clock()))
            replace_text(target.with_suffix(".json"), json.dumps(asdict(bill)))
            for old in known.values():
                if old.name == name and old.format is form:
                    self._remove(old.id)
            return bill

    def take_bucket(self, place: str) -> Iterator[Bill]:
        """Takes in every bill under `s3://bucket/prefix`.

        Raises:
            InvalidInput: there is none, or one cannot be read.
            MmbatchDashError: the bucket cannot be read.
        """
        bucket = Bucket.of(place)
        names = [name for name in sorted(bucket.sizes()) if name.endswith(ENDINGS)]
        if not names:
            raise InvalidInput(f"{place} holds no file that ends in {', '.join(ENDINGS)}", field="bill")
        for name in names:
            with tempfile.TemporaryDirectory() as folder, bucket.open(name) as source:
                path = Path(folder) / Path(name).name
                with path.open("wb") as file:
                    while piece := source.read(1024 * 1024):
                        file.write(piece)
                yield self.take(path, f"{place.rstrip('/')}/{name}")

    def remove(self, bill_id: str) -> None:
        """Takes a bill out.

        Raises:
            NotFound: there is none of that id.
        """
        if bill_id not in {bill.id for bill in self.list()}:
            raise NotFound(f"There is no bill {bill_id!r}.")
        with self._lock:
            self._remove(bill_id)

    def compare(
        self, *, form: BillFormat | None = None, first: date | None = None, last: date | None = None
    ) -> Comparison:
        """The bill of a format (that imported last if none is named) beside our cost, over its days or fewer.

        Raises:
            NotFound: there is no such bill.
        """
        bills = self.list()
        if form is None and bills:
            form = max(bills, key=lambda bill: bill.imported_at).format
        files = [self._folder / f"{bill.id}.parquet" for bill in bills if bill.format is form]
        if form is None or not files:
            raise NotFound(NONE_YET)
        with self._database.cursor() as cursor:
            period = read_period(cursor, files)
            if period is None:
                raise NotFound("The bill holds no line.")
            first, last = max(first or period[0], period[0]), min(last or period[1], period[1])
            return Comparison(
                form, first, last, compare_bill(cursor, files, first, last, shared=self._attribution() == "share")
            )

    def _remove(self, bill_id: str) -> None:
        for ending in (".json", ".parquet"):
            (self._folder / f"{bill_id}{ending}").unlink(missing_ok=True)


def remove_unfinished(data_dir: Path) -> None:
    """Removes what a server left that was killed while a bill came in. Only under the lock of the data directory."""
    for folder in data_dir.glob(f"{RECEIVING}*"):
        LOG.info("Removed %s, of a bill that had not come in whole; send it again", folder.name)
        shutil.rmtree(folder, ignore_errors=True)
    kept = data_dir / FOLDER
    for path in (*kept.glob("*.part"), *kept.glob("*.parquet"), *kept.glob(".*.new")):
        # A bill without its record was never answered for, and no list names it.
        if path.suffix != ".parquet" or not path.with_suffix(".json").exists():
            path.unlink(missing_ok=True)


def is_bucket(place: str) -> bool:
    """Whether a place is a bucket and no path."""
    return place.startswith(SCHEME)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            digest.update(piece)
    return digest.hexdigest()[:24]
