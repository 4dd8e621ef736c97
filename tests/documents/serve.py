"""Serves a data directory whose documents are in the database that the environment names, until a signal ends it."""

import os
import sys
from argparse import ArgumentParser

from mmbatch_dash.commands.serve import run_server
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.cluster.documents import PostgresDocuments
from mmbatch_dash.store.cluster.postgres import Postgres
from mmbatch_dash.store.cluster.watched import WatchedDocuments

if __name__ == "__main__":
    parser = ArgumentParser()
    for name in ("--data-dir", "--host", "--port"):
        parser.add_argument(name, required=True)
    given = parser.parse_args(sys.argv[1:])
    settings = build_settings(given.data_dir, host=given.host, port=int(given.port))
    shared = PostgresDocuments(Postgres(os.environ["MMBATCH_DASH_TEST_POSTGRES"]))
    run_server(settings, documents=WatchedDocuments(shared))
