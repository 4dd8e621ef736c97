"""Serving: one process opens the store, serves, and closes it again."""

import asyncio
import logging
import os
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from mmbatch_dash.adapters.pool_openness import allows_self_sign_up, warn_of
from mmbatch_dash.auth.access.access_mode import AccessModes, check_listening, refuse_open_network
from mmbatch_dash.auth.install import Login, login_of
from mmbatch_dash.commands.private_socket import build_private_front, choose_socket_path, remove_socket
from mmbatch_dash.commands.serving import forget_server_url, note_server_url
from mmbatch_dash.commands.tuning import share_time
from mmbatch_dash.domain.config import Config, Problem
from mmbatch_dash.domain.config.security import Cognito
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.factory import create_app
from mmbatch_dash.front import limits
from mmbatch_dash.front.front import Front
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.applying import take_restart_wish
from mmbatch_dash.services.documents_place import open_documents
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.services.logs import PlainLines
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.config.trials import Trial, build_address_trial
from mmbatch_dash.store.documents.interface import Documents
from mmbatch_dash.store.lock import DataLock, hold

LOG = logging.getLogger(__name__)

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
LISTEN_BACKLOG = 4096
OTHER_FILES, LEAST_CONNECTIONS = 512, 256
"""Open files that are no connections; connections that are had in any case."""
CLOSE_SECONDS = 2.0

Beside = Callable[[Services], None]


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens.

    Attributes:
        private: path of the socket for commands beside it.
        most: connections it holds at a time.
    """

    host: str
    port: int
    private: Path
    most: int


@dataclass(frozen=True, slots=True)
class Fronts:
    """What answers: everybody, and the owner of the data directory."""

    public: Front
    private: Front


def run_server(settings: Settings, *, beside: Beside | None = None) -> None:
    """Serves until a signal ends it, then writes everything out.

    Args:
        settings: where the data are and where to listen.
        beside: called with the opened services, to start what runs along.

    Raises:
        MmbatchDashError: the address cannot be listened on, or another process holds the data directory.
    """
    told = logging.StreamHandler()
    told.setFormatter(PlainLines(LOG_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[told])
    # Before anything is written: a second server leaves the first one's files alone.
    with hold(settings.data_dir) as lock:
        take_restart_wish(settings.data_dir)
        with closing(open_documents(settings)) as documents:
            _serve(settings, lock, documents, beside)
        again = take_restart_wish(settings.data_dir)
    if again:
        # Its own command again, in the same process: whoever started it keeps watching the right one.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell, and our own arguments


def _serve(settings: Settings, lock: DataLock, documents: Documents, beside: Beside | None) -> None:
    """Serves to the end."""
    config = open_config(settings, documents, lambda: datetime.now(UTC)).current()
    host, port = choose_address(settings, config)
    refuse_open_network(settings, documents, host)
    url = f"{'https' if config.https else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    certificate = choose_certificate(config)
    services = open_services(settings, lock=lock, documents=documents)
    private = choose_socket_path(settings.data_dir)
    try:
        LOG.info("Serving %s at %s", settings.data_dir, url)
        Thread(target=log_pool_warning, args=(config.security.cognito,), name="pool-warning", daemon=True).start()
        fronts, login = _build_fronts(services, url)
        note_server_url(settings, url, private)
        if beside is not None:
            beside(services)
        most = raise_file_limit(limits.MOST_CONNECTIONS)
        services.connections.watch(port, most, fronts.public.tally)
        asyncio.run(serve_fronts(fronts, Listening(host, port, private, most), certificate))
        login.recorder.flush()
    finally:
        forget_server_url(settings)
        remove_socket(private, settings.data_dir)
        services.close()


def log_pool_warning(cognito: Cognito, ask: Callable[[Cognito], bool | None] = allows_self_sign_up) -> None:
    """Logs who may read through the user pool, where no groups are named; asking takes time where AWS is far."""
    if (warned := warn_of(cognito, ask)).text:
        LOG.log(logging.ERROR if warned.is_loud else logging.WARNING, "%s", warned.text)


async def serve_fronts(fronts: Fronts, listening: Listening, certificate: Mapping[str, Any]) -> None:
    """Serves until SIGTERM or SIGINT: then what is under way is answered and the rest told to come back."""
    server = Server(
        fronts.public,
        address=listening.host,
        port=listening.port,
        interface=Interfaces.ASGINL,
        # With HTTP/2 to be had for the asking, connections that say nothing are never closed.
        http=HTTPModes.http1,
        websockets=False,
        backlog=LISTEN_BACKLOG,
        # Counts open connections, idle ones too.
        backpressure=listening.most,
        http1_settings=HTTP1Settings(header_read_timeout=1000 * limits.HEAD_SECONDS),
        log_level=LogLevels.error,
        **certificate,
    )
    private = Server(
        fronts.private,
        uds=listening.private,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    )
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    serving, beside = asyncio.create_task(server.serve()), asyncio.create_task(private.serve())
    beside.add_done_callback(_tell_without_socket)
    ending = asyncio.create_task(told_to_end.wait())
    await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    await asyncio.gather(fronts.public.drain(), fronts.private.drain())
    server.stop()  # type: ignore[no-untyped-call]
    private.stop()  # type: ignore[no-untyped-call]
    # Connections that say nothing would be waited for; the end of the process closes them as well.
    await asyncio.wait({serving, beside}, timeout=CLOSE_SECONDS)


def _tell_without_socket(beside: "asyncio.Task[None]") -> None:
    if not beside.cancelled() and (error := beside.exception()) is not None:
        LOG.error("Commands beside this server cannot reach it: %s", str(error).splitlines()[0])


def raise_file_limit(wanted: int) -> int:
    """How many connections the process may hold, up to `wanted`, after asking for as many open files as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < files:
        soft = files if hard == resource.RLIM_INFINITY else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(min(wanted, soft - OTHER_FILES), LEAST_CONNECTIONS)


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


def _build_fronts(services: Services, url: str) -> tuple[Fronts, Login]:
    settings = services.settings
    services.applying.write_log(settings.logs_dir)
    services.applying.serve_as(os.getpid())
    application = create_app(services)
    share_time()
    listening = urlsplit(url)
    services.config.add_trial(build_address_trial(lambda: (listening.hostname or "", listening.port or 0)))
    services.config.add_trial(build_access_trial(settings, services.documents, services.config))
    login = login_of(application)
    if path := login.setup.new_path():
        LOG.warning("Nobody can log in yet; the link that makes the first admin is on standard error alone.")
        # Not through the log, which leaves secrets out: here the code is the point.
        sys.stderr.write(f"mmbatch_dash: make the first admin, once, at {url}{path}\n")
        sys.stderr.flush()
    public = Front(application.wsgi_app, login.allowances, login.allowances.may_wait)
    return Fronts(public, build_private_front(application.wsgi_app, services)), login


def build_access_trial(settings: Settings, documents: Documents, store: ConfigStore) -> Trial:
    """A trial that refuses an address at which the next start would refuse to listen, because nobody logs in."""
    modes = AccessModes(settings, Users(documents), store.current)

    def try_access(config: Config, before: Config | None) -> list[Problem]:
        if before is None or config.host == before.host:
            return []
        try:
            check_listening(config.host, modes.now())
        except MmbatchDashError as error:
            return [Problem("addr", f"cannot be listened on: {error}")]
        return []

    return try_access


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
