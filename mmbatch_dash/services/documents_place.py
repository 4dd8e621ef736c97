"""Where the documents of an installation are: in the data directory, or in a database that servers share.

What is needed only for a database is imported only then: commands of a server that serves alone answer at once.
"""

from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.config.shared_database import read_shared_database
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.documents.interface import Documents


def open_documents(settings: Settings, *, watched: bool = True) -> Documents:
    """The documents of a data directory, for the caller to close.

    Args:
        settings: of the data directory, whose `cluster.postgres` says whether there is more than that.
        watched: keep shared ones at hand, as a server needs it; a command asks for each.

    Raises:
        InvalidInput: the file of the address cannot be read.
        MmbatchDashError: the fleet is simulated, or psycopg is not installed.
        StoreUnavailable: the database cannot be asked, or lacks tables.
    """
    address = read_shared_database(settings.data_dir)
    if not address:
        return FileDocuments(settings.data_dir)
    from mmbatch_dash.services.journal_place import NO_DEMO
    from mmbatch_dash.store.cluster.address import read_address
    from mmbatch_dash.store.cluster.documents import PostgresDocuments
    from mmbatch_dash.store.cluster.migrate import require_migrated
    from mmbatch_dash.store.cluster.postgres import Postgres
    from mmbatch_dash.store.cluster.watched import WatchedDocuments

    if settings.simulated:
        raise MmbatchDashError(NO_DEMO)
    postgres = Postgres(read_address(address))
    try:
        require_migrated(postgres)
    except BaseException:
        postgres.close()
        raise
    shared = PostgresDocuments(postgres)
    return WatchedDocuments(shared) if watched else shared
