"""What only the world can say about a configuration, tried before it is applied: files that belong together."""

import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from mmbatch_dash.domain.config import Config, Problem
from mmbatch_dash.domain.instants import to_iso

Trial = Callable[[Config, Config | None], Sequence[Problem]]
"""The configuration to come and the one in force (None at the first start) → what stands against it."""


def try_certificate(config: Config, before: Config | None) -> list[Problem]:
    """Loads certificate and key where they changed; an expired certificate does not stop other changes."""
    security = config.security
    pair = (config.https, security.cert_file, security.key_file)
    if not security.cert_file or (
        before and pair == (before.https, before.security.cert_file, before.security.key_file)
    ):
        return []
    unreadable = [
        Problem(key, f"cannot be read: {reason}")
        for key, path in (("security.certFile", security.cert_file), ("security.keyFile", security.key_file))
        if (reason := _unreadable(Path(path)))
    ]
    return unreadable or _try_pair(Path(security.cert_file), Path(security.key_file))


def build_address_trial(listening: Callable[[], tuple[str, int] | None]) -> Trial:
    """A trial that binds a changed address once; for the server only, which knows what it holds itself.

    Args:
        listening: host and port this server listens on now, which it could not bind a second time.
    """

    def try_address(config: Config, before: Config | None) -> list[Problem]:
        wanted = (config.host, config.port)
        if before is None or wanted in ((before.host, before.port), listening()):
            return []
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(*wanted, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as trial:
                # As the server does: an address just left by another is free.
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
                trial.listen(1)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return [Problem("addr", f"cannot be listened on: {config.host} port {config.port}: {reason}")]
        return []

    return try_address


def refuse_cognito(config: Config, before: Config | None) -> list[Problem]:
    """Stands in for the trial of pool and client where no login is wired: enabling is refused."""
    if config.security.cognito.enabled and not (before and before.security.cognito.enabled):
        return [
            Problem("security.cognito.enabled", "cannot be switched on: this server has no login to try the pool with")
        ]
    return []


DEFAULT_TRIALS: tuple[Trial, ...] = (try_certificate, refuse_cognito)


def _unreadable(path: Path) -> str:
    try:
        with path.open("rb"):
            return ""
    except OSError as error:
        return f"{path}: {error.strerror}"


def _try_pair(cert_file: Path, key_file: Path) -> list[Problem]:
    try:
        certificate = x509.load_pem_x509_certificates(cert_file.read_bytes())[0]
    except ValueError:
        return [Problem("security.certFile", f"is no certificate in PEM form: {cert_file}")]
    if certificate.not_valid_after_utc <= datetime.now(UTC):
        ended = to_iso(certificate.not_valid_after_utc)
        return [Problem("security.certFile", f"holds a certificate that expired at {ended}: {cert_file}")]
    try:
        # An empty password makes a protected key fail here instead of asking on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert_file, key_file, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return [Problem("security.keyFile", f"does not belong to the certificate in {cert_file}: {key_file}")]
        return [Problem("security.keyFile", f"is no usable private key in PEM form without password: {key_file}")]
    return []
