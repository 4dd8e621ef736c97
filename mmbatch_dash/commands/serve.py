"""Serving: a supervisor and one worker process that holds the store, opens it first and closes it last."""

import gc
import logging
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from mmbatch_dash.auth.doors import Doors, check_listening, refuse_open_network
from mmbatch_dash.auth.install import setup_path
from mmbatch_dash.commands.serving import forget_server_url, note_server_url
from mmbatch_dash.domain.config import Config, Problem
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.applying import take_restart_wish
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.services.logs import PlainLines
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.config_store import ConfigStore
from mmbatch_dash.store.config_trials import Trial, build_address_trial
from mmbatch_dash.store.lock import hold

LOG = logging.getLogger(__name__)

THREADS = 16
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
ORPHAN_CHECK_SECONDS = 1.0
OBJECTS_BEFORE_SEARCH = 50_000
"""New objects after which Python looks for cycles among them: more than the events of some requests are made of."""

Beside = Callable[[Services], None]


def run_server(settings: Settings, *, beside: Beside | None = None) -> None:
    """Serves until a signal ends it, then writes everything out.

    Args:
        settings: where the data are and where to listen.
        beside: called in the worker with the opened services, to start what runs along; picklable.

    Raises:
        MmbatchDashError: the address cannot be listened on, or another process holds the data directory.
    """
    told = logging.StreamHandler()
    told.setFormatter(PlainLines(LOG_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[told])
    # Before anything is written: a second server leaves the first one's files alone. The worker has it from here.
    with hold(settings.data_dir):
        again = _serve(settings, beside)
    if again:
        # Its own command again, in the same process: whoever started it keeps watching the right one.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell, and our own arguments


def _serve(settings: Settings, beside: Beside | None) -> bool:
    """Serves to the end; whether the server is to start again."""
    take_restart_wish(settings.data_dir)
    config = open_config(settings, lambda: datetime.now(UTC)).current()
    host, port = choose_address(settings, config)
    refuse_open_network(settings, host)
    url = f"{'https' if config.https else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
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
        **choose_certificate(config),
    )
    try:
        server.serve(target_loader=partial(_load_application, settings, beside, os.getpid(), url), wrap_loader=False)
    finally:
        forget_server_url(settings)
    return take_restart_wish(settings.data_dir)


def choose_certificate(config: Config) -> dict[str, Any]:
    """Granian's options of TLS, from 1.2 on; none where the address is http.

    Raises:
        MmbatchDashError: certificate and key cannot be used, with the reason.
    """
    if not config.https:
        return {}
    chain, key = Path(config.security.cert_file), Path(config.security.key_file)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")
    except (ssl.SSLError, OSError) as error:
        raise MmbatchDashError(f"Cannot serve https with {chain} and {key}: {error.strerror or error}.") from None
    return {"ssl_cert": chain, "ssl_key": key, "ssl_protocol_min": SSLProtocols.tls12}


def choose_address(settings: Settings, config: Config) -> tuple[str, int]:
    """Where to listen: as told on the command line, else as `addr` in the configuration says."""
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
    services.applying.write_log(settings.logs_dir)
    services.applying.serve_under(supervisor)
    # Runs as the worker process ends, also on a signal: DuckDB's log must be in the file by then.
    Finalize(None, services.close, exitpriority=100)
    threading.Thread(target=_end_with, args=(supervisor,), name="orphan-check", daemon=True).start()
    application = create_app(services)
    # What the start made stays to the end and is not gone through again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_SEARCH)
    listening = urlsplit(url)
    services.config.add_trial(build_address_trial(lambda: (listening.hostname or "", listening.port or 0)))
    services.config.add_trial(build_door_trial(settings, services.config))
    if path := setup_path(application):
        LOG.warning("Nobody can log in yet; the link that makes the first admin is on standard error alone.")
        # Not through the log, which leaves secrets out: here the code is the point.
        sys.stderr.write(f"mmbatch_dash: make the first admin, once, at {url}{path}\n")
        sys.stderr.flush()
    if beside is not None:
        beside(services)
    return application


def build_door_trial(settings: Settings, store: ConfigStore) -> Trial:
    """A trial that refuses an address at which the next start would refuse to listen, because nobody logs in."""
    doors = Doors(settings, Users(settings.secrets_dir), store.current)

    def try_door(config: Config, before: Config | None) -> list[Problem]:
        if before is None or config.host == before.host:
            return []
        try:
            check_listening(config.host, doors.state())
        except MmbatchDashError as error:
            return [Problem("addr", f"cannot be listened on: {error}")]
        return []

    return try_door


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
