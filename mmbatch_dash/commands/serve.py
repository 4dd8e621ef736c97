"""Serving: a supervisor and one worker process that holds the store, opens it first and closes it last."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from multiprocessing.util import Finalize
from typing import Any

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from mmbatch_dash.auth.doors import refuse_open_network
from mmbatch_dash.auth.install import setup_path
from mmbatch_dash.commands.serving import forget_server_url, note_server_url
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.settings import Settings

LOG = logging.getLogger(__name__)

THREADS = 16
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
ORPHAN_CHECK_SECONDS = 1.0

Beside = Callable[[Services], None]


def run_server(settings: Settings, *, beside: Beside | None = None) -> None:
    """Serves until a signal ends it, then writes everything out.

    Args:
        settings: where the data are and where to listen.
        beside: called in the worker with the opened services, to start what runs along; picklable.

    Raises:
        MmbatchDashError: the address cannot be listened on.
    """
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    host, port = choose_address(settings)
    refuse_open_network(settings, host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    LOG.info("Serving %s at %s", settings.data_dir, url)
    note_server_url(settings, url)
    # One worker, many threads: one process holds DuckDB's file, and it is opened only after the fork.
    server = MPServer(
        "mmbatch_dash",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=8 * THREADS,
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
        log_level=LogLevels.error,
    )
    try:
        server.serve(target_loader=partial(_load_application, settings, beside, os.getpid(), url), wrap_loader=False)
    finally:
        forget_server_url(settings)


def choose_address(settings: Settings) -> tuple[str, int]:
    """Where to listen: as told on the command line, else as `addr` in the configuration says."""
    config = open_config(settings, lambda: datetime.now(UTC)).current()
    return find_address(settings.host or config.host, config.port if settings.port is None else settings.port)


def _load_application(settings: Settings, beside: Beside | None, supervisor: int, url: str) -> Any:
    # Ctrl-C reaches both processes; a worker that gets it and then the supervisor's SIGTERM often hangs in granian 2.8.
    # Blocked here, before any thread starts, it is left to the supervisor.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        services = open_services(settings)
    except MmbatchDashError as error:
        sys.stderr.write(f"mmbatch_dash: {error}\n")
        sys.exit(1)
    # Runs as the worker process ends, also on a signal: DuckDB's log must be in the file by then.
    Finalize(None, services.close, exitpriority=100)
    threading.Thread(target=_end_with, args=(supervisor,), name="orphan-check", daemon=True).start()
    application = create_app(services)
    if path := setup_path(application):
        LOG.warning("Nobody can log in yet. Make the first admin, once, at %s%s", url, path)
    if beside is not None:
        beside(services)
    return application


def _end_with(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(ORPHAN_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def find_address(host: str, port: int) -> tuple[str, int]:
    """The address to listen on, with a free port in place of 0.

    Raises:
        MmbatchDashError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            return host, int(trial.getsockname()[1])
    except OSError as error:
        raise MmbatchDashError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}. "
            "Another process may use the port; choose one with --port."
        ) from None
