"""The steps of synchronising with one account, each through the journal: events, jobs, instances, sizes, prices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd

from mmbatch_dash.adapters.aws.account import Clients
from mmbatch_dash.adapters.aws.instances import read_container_instances, read_instance_types, read_instances
from mmbatch_dash.adapters.aws.jobs import list_unsettled, read_jobs, read_purchase_options
from mmbatch_dash.adapters.aws.messages import drain_queue
from mmbatch_dash.adapters.aws.prices import read_on_demand, read_spot_history
from mmbatch_dash.adapters.seen import OpenJobs
from mmbatch_dash.domain.facts import Entry, Rejection
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.services.aws.state import SyncState
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.aws_needs import (
    fetch_on_demand_needs,
    fetch_settled_jobs,
    fetch_spot_needs,
    fetch_unfinished_jobs,
    fetch_unplaced,
    fetch_unsized_types,
)

SPOT_HISTORY_REACHES = timedelta(days=90)
INSTANCES_REMEMBERED = timedelta(days=2)
SPOT_FRESH_FOR = timedelta(minutes=30)
ON_DEMAND_FRESH_FOR = timedelta(days=7)
GIVE_UP_AFTER = 3
CHUNK = 500


@dataclass(slots=True)
class Run:
    """One run over one account."""

    clients: Clients
    intake: Intake
    database: Database
    state: SyncState
    now: datetime
    fold_up_to: Callable[[int], None]
    user_options: Mapping[str, str]
    queue_urls: tuple[str, ...] = ()

    @property
    def _prefix(self) -> str:
        return self.clients.account.name

    def take(self, items: Iterable[Entry | Rejection]) -> int:
        """Puts entries on disk in chunks and gives the number of new ones."""
        return sum(receipt.accepted for receipt in self.intake.take_stream(items, chunk=CHUNK))

    def drain_events(self) -> int:
        """EventBridge events that wait in SQS queues of this region."""
        taken = 0
        for url in self.queue_urls:
            if f".{self.clients.region}." in url or ".amazonaws." not in url:

                def keep(items: Iterable[Entry | Rejection]) -> None:
                    nonlocal taken
                    taken += self.intake.take(items).accepted

                drain_queue(self.clients.client("sqs"), url, keep)
        return taken

    def fetch_jobs(self) -> int:
        """Jobs of every queue; those whose end AWS has told are not asked for again."""
        batch = self.clients.client("batch")
        options = {**self.user_options, **read_purchase_options(batch)}
        described: set[str] = set()

        def settled(job_ids: list[str]) -> set[str]:
            with self.database.cursor() as cursor:
                return fetch_settled_jobs(cursor, job_ids)

        def listed() -> Iterator[str]:
            for job_id in list_unsettled(batch, settled):
                described.add(job_id)
                yield job_id

        seen = OpenJobs()
        taken = self.take(seen.watch(read_jobs(batch, listed(), options)))
        with self.database.cursor() as cursor:
            unlisted = [job_id for job_id in fetch_unfinished_jobs(cursor) if job_id not in described]
        taken += self.take(seen.watch(read_jobs(batch, unlisted, options)))
        # No news of AWS: that these jobs were open now is this run's own word.
        self.intake.take(seen.entries(f"mmbatch.sync/{self._prefix}", at=self.now))
        return taken

    def fetch_instances(self) -> int:
        """Where attempts ran: container instances, then the EC2 instances they are."""
        since = _stored(self.now - INSTANCES_REMEMBERED)
        with self.database.cursor() as cursor:
            arns, _ = fetch_unplaced(cursor, since)
        wanted = self._still_asked([arn for arn in arns if f":{self.clients.region}:" in arn])
        taken = self.take(read_container_instances(self.clients.client("ecs"), wanted, at=self.now))
        self._fold()
        with self.database.cursor() as cursor:
            _, ids = fetch_unplaced(cursor, since)
        return taken + self.take(read_instances(self.clients.client("ec2"), self._still_asked(ids), at=self.now))

    def fetch_sizes(self) -> int:
        """Sizes of instance types that neither ship with the product nor were told by nodes."""
        with self.database.cursor() as cursor:
            types = fetch_unsized_types(cursor)
        names = sorted(set(types.loc[types["region"] == self.clients.region, "instance_type"]))
        return self.take(read_instance_types(self.clients.client("ec2"), self._still_asked(names), at=self.now))

    def fetch_spot_prices(self) -> int:
        """Spot price history for the types, zones and times of attempts, as far as it has not been fetched yet."""
        with self.database.cursor() as cursor:
            needs = fetch_spot_needs(cursor, _stored(self.now - SPOT_HISTORY_REACHES), _stored(self.now))
        taken = 0
        for need in needs.itertuples():
            if not str(need.availability_zone).startswith(self.clients.region):
                continue
            zone, name = str(need.availability_zone), str(need.instance_type)
            key = f"{self._prefix} {zone} {name}"
            first, last = _aware(need.first_at), _aware(need.last_at)
            for start, end in self._gaps(self.state.spot.get(key), first, last):
                ec2 = self.clients.client("ec2")
                taken += self.take(read_spot_history(ec2, name, zone, start, end))
                known = self.state.spot.get(key, [to_iso(start), to_iso(end)])
                self.state.spot[key] = [min(known[0], to_iso(start)), max(known[1], to_iso(end))]
        return taken

    def fetch_on_demand_prices(self) -> int:
        """On-demand prices of types and regions of attempts for which nobody has observed one."""
        with self.database.cursor() as cursor:
            needs = fetch_on_demand_needs(cursor)
        taken = 0
        for region, name in needs.loc[needs["region"] == self.clients.region].itertuples(index=False):
            key = f"{self._prefix} {region} {name}"
            asked = self.state.on_demand.get(key)
            if asked is None or self.now - datetime.fromisoformat(asked) >= ON_DEMAND_FRESH_FOR:
                taken += self.take(read_on_demand(self.clients.pricing(), region, name))
                self.state.on_demand[key] = to_iso(self.now)
        return taken

    def _fold(self) -> None:
        self.fold_up_to(self.intake.end)

    def _gaps(self, known: list[str] | None, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
        if known is None:
            return [(first, last)]
        since, until = (datetime.fromisoformat(text) for text in known)
        gaps = [(first, since)] if first < since else []
        return gaps + ([(until, last)] if last > until and self.now - until >= SPOT_FRESH_FOR else [])

    def _still_asked(self, names: list[str]) -> list[str]:
        wanted = [name for name in names if self.state.asked.get(name, 0) < GIVE_UP_AFTER]
        for name in wanted:
            self.state.asked[name] = self.state.asked.get(name, 0) + 1
        return wanted


STEPS: tuple[tuple[str, str, Callable[[Run], int]], ...] = (
    ("events", "read the SQS queue", Run.drain_events),
    ("jobs", "list Batch jobs", Run.fetch_jobs),
    ("instances", "describe instances", Run.fetch_instances),
    ("instance_types", "describe instance types", Run.fetch_sizes),
    ("spot_prices", "read the spot price history", Run.fetch_spot_prices),
    ("on_demand_prices", "read the price list", Run.fetch_on_demand_prices),
)
"""Step → what it tries, for people, and how."""


def _stored(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _aware(instant: object) -> datetime:
    return pd.Timestamp(instant).to_pydatetime().replace(tzinfo=UTC)  # type: ignore[arg-type]
