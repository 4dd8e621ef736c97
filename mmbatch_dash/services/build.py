"""Opening everything a server is made of, and closing it in order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from mmbatch_dash.domain.config.ingest import Ingest
from mmbatch_dash.services.alerts.measure import Measure, ServerFacts
from mmbatch_dash.services.alerts.sending import Sending
from mmbatch_dash.services.alerts.watch import Alerts
from mmbatch_dash.services.applying import Applying
from mmbatch_dash.services.aws import AwsSync
from mmbatch_dash.services.bill import Bills, remove_unfinished
from mmbatch_dash.services.catching_up import fold_up_to
from mmbatch_dash.services.compaction import CompactionWatch
from mmbatch_dash.services.condition import Condition
from mmbatch_dash.services.configured import file_limits, patience_of, pricing_settings
from mmbatch_dash.services.connections import Connections
from mmbatch_dash.services.disowning import Disowning
from mmbatch_dash.services.documents_place import open_documents
from mmbatch_dash.services.exports import Exports
from mmbatch_dash.services.insight import Insights
from mmbatch_dash.services.intake import Intake
from mmbatch_dash.services.jobs import Jobs
from mmbatch_dash.services.journal_place import JournalPlace, Keeping, open_journal_place
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.services.nodes import Nodes
from mmbatch_dash.services.obedience import Obedience
from mmbatch_dash.services.prices import Prices
from mmbatch_dash.services.pricing_watch import PricingWatch
from mmbatch_dash.services.published import Published
from mmbatch_dash.services.rejects import Rejects
from mmbatch_dash.services.replays import Replays
from mmbatch_dash.services.report.digest import Digest, digest_report
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.services.retention import RetentionWatch, originals_since, remove_before
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.audit import AuditLog
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.data_format import claim_format
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.disowned import read_disowned
from mmbatch_dash.store.documents.interface import Documents
from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.journal import Journal
from mmbatch_dash.store.lock import DataLock, hold, unusable
from mmbatch_dash.store.node_files import NodeFiles
from mmbatch_dash.store.projection import Projection
from mmbatch_dash.store.reserve import Reserve


@dataclass(slots=True, kw_only=True)
class Services:
    """What the server can do.

    Attributes:
        lock: the right to write to the data directory.
        documents: users, tokens, keys and the audit log.
        intake: the way into the journal.
        reports: figures of selections.
        insights: what to change, and how sure that is.
        replays: what if.
        rejects: what was kept aside.
        jobs: lists of jobs, and one job with all its parts.
        nodes: worker nodes and their states.
        node_files: log files that nodes and jobs handed in.
        exports: selections as files.
        published: the shapes of the MMBatch Management Server API.
        prices: where rates come from, and what is missing.
        watch: brings changed pricing settings to the fold.
        retention: lets jobs go whose time to be kept is over.
        compaction: gives disk back that the tables do not need.
        disowning: leaves what somebody told out of the figures.
        sync: asks AWS for jobs, instances and prices.
        worker: keeps the tables behind the journal.
        obedience: who fetched which configuration.
        applying: brings an accepted configuration into force.
        place: where the journal is.
        keeper: looks after the journal.
        measure: what rules and budgets watch.
        alerts: tells people what is wrong.
        digest: tells them of each week or month that is over.
        bills: of AWS, beside our own cost.
        condition: what keeps it from accepting events, and what is damaged.
        connections: of whoever listens for it.
    """

    lock: DataLock
    settings: Settings
    documents: Documents
    config: ConfigStore
    projection: Projection
    database: Database
    journal: Journal
    fold: Fold
    worker: FoldWorker
    intake: Intake
    reports: Reports
    insights: Insights
    replays: Replays
    rejects: Rejects
    clock: Callable[[], datetime]
    jobs: Jobs
    nodes: Nodes
    exports: Exports
    published: Published
    node_files: NodeFiles
    prices: Prices
    watch: PricingWatch
    retention: RetentionWatch
    compaction: CompactionWatch
    disowning: Disowning
    sync: AwsSync
    obedience: Obedience
    applying: Applying
    place: JournalPlace
    keeper: Keeping
    condition: Condition
    bills: Bills
    measure: Measure
    alerts: Alerts
    digest: Digest
    connections: Connections

    def ingest_limits(self) -> Ingest:
        """The limits in force now."""
        return self.config.current().ingest

    def close(self) -> None:
        """Stops taking in, finishes the batch under way and writes everything out."""
        looking = (self.digest, self.alerts, self.applying, self.sync, self.watch, self.retention, self.compaction)
        for one in (*looking, self.keeper):
            one.stop()
        self.journal.close()
        self.worker.stop()
        self.place.close_database()
        self.projection.close()
        self.documents.close()
        self.lock.release()


def open_services(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    start_folding: bool = True,
    lock: DataLock | None = None,
    documents: Documents | None = None,
) -> Services:
    """Everything opened on the settings' data directory.

    Args:
        settings: where.
        clock: what time it is; tests freeze it.
        start_folding: whether the fold runs in its thread; without it the caller folds.
        lock: on the data directory, where the caller has it already; closing the services gives it up.
        documents: where the caller has them open already.

    Raises:
        StoreUnavailable: another process holds the data directory, or it cannot be written to.
    """
    lock = lock or hold(settings.data_dir)
    try:
        documents = documents or open_documents(settings)
        return _open_under(lock, settings, documents, clock, start_folding=start_folding)
    except OSError as error:
        lock.release()
        raise unusable(settings.data_dir, error) from None
    except BaseException:
        lock.release()
        raise


def _open_under(
    lock: DataLock, settings: Settings, documents: Documents, clock: Callable[[], datetime], *, start_folding: bool
) -> Services:
    claim_format(settings.data_dir)
    remove_unfinished(settings.data_dir)
    config = open_config(settings, documents, clock)
    reserve = Reserve(settings.data_dir, lambda: config.current().storage.reserve_mb)
    place = open_journal_place(settings, config.current().cluster, clock, reserve.shortage)
    journal = place.journal
    disowned = read_disowned(settings.data_dir)
    projection = Projection(
        place.store_file,
        journal,
        pricing_settings(config.current()),
        disowned=disowned,
        remove_before=remove_before(config.current().retention, clock()),
    )
    database, fold = projection.database, projection.fold
    worker = FoldWorker(fold, journal, projection.distrust)
    projection.on_suspicion = worker.wake
    intake = Intake(journal, clock, simulated=settings.simulated)
    condition = Condition(journal, projection, shared=place.shared is not None)
    reports = Reports(
        database,
        worker,
        simulated=settings.simulated,
        journal_end=lambda: journal.end,
        degraded=condition.degraded,
        stale_after=lambda: timedelta(seconds=config.current().dashboard.stale_after.seconds),
        rebuild=projection.rebuild,
        clock=clock,
    )
    obedience = Obedience(
        documents,
        lambda queue: (config.etag_for(queue), config.version),
        lambda: timedelta(seconds=config.current().node.ttl.seconds),
        clock,
    )

    insights = Insights(database, reports, config, clock)
    measure = Measure(
        database,
        config.current,
        lambda: ServerFacts(
            settings.data_dir,
            journal.last_append_at,
            worker.lag_seconds,
            journal.damage.count,
            reserve.reserve_bytes(),
            settings.simulated,
            projection.rebuild() is not None,
        ),
        insights,
    )
    patience = patience_of(config.current)
    services = Services(
        lock=lock,
        settings=settings,
        documents=documents,
        config=config,
        projection=projection,
        database=database,
        journal=journal,
        fold=fold,
        worker=worker,
        intake=intake,
        reports=reports,
        insights=insights,
        replays=Replays(database, reports, config.current, clock),
        rejects=Rejects(database, intake, journal.read_line),
        clock=clock,
        jobs=Jobs(database, journal, reports, clock),
        nodes=Nodes(database, patience, clock, obedience.clocks_off),
        node_files=NodeFiles(
            settings.data_dir / "node_files", lambda: file_limits(config.current()), reserve.shortage, clock
        ),
        exports=Exports(database, patience, clock),
        published=Published(database, patience, clock),
        prices=Prices(database, fold, lambda: config.current().pricing.attribution.value),
        watch=PricingWatch(lambda: pricing_settings(config.current()), fold, worker),
        disowning=Disowning(
            settings.data_dir,
            AuditLog(documents),
            journal,
            projection,
            worker,
            reports,
            lambda: pricing_settings(config.current()),
        ),
        retention=RetentionWatch(lambda: config.current().retention, fold, worker, clock),
        compaction=CompactionWatch(projection, worker, reserve.spare_bytes, clock),
        sync=AwsSync(
            documents,
            config.current,
            database,
            intake.of("sync"),
            partial(fold_up_to, fold, worker),
            clock=clock,
            is_turn=place.is_turn,
        ),
        obedience=obedience,
        applying=Applying(config.current, obedience, settings.data_dir, host=settings.host, port=settings.port),
        condition=condition,
        connections=Connections(),
        bills=Bills(settings.data_dir, database, lambda: config.current().pricing.attribution.value, clock),
        measure=measure,
        alerts=Alerts(documents, config.current, measure.findings, Sending(), clock),
        digest=Digest(documents, config.current, lambda period: digest_report(services, period), Sending(), clock),
        place=place,
        keeper=place.keep(
            lambda: projection.fold.position,
            lambda: originals_since(config.current().retention, clock()),
        ),
    )
    services.alerts.on_change = worker.bump  # pages look again when the version is another
    services.alerts.is_turn = services.digest.is_turn = place.is_turn
    if start_folding:
        for one in (services.applying, services.watch, services.retention, services.compaction, services.sync, worker):
            one.start()
        for later in (services.keeper, services.alerts, services.digest):
            later.start()
    return services
