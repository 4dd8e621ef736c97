"""`python -m bench.connections`: a server under a crowd of connections, plain or with TLS, as one JSON object."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.crowd import Crowd, Dialler, crowd_in
from bench.server import HOST, PROJECT, START_SECONDS, Server, free_port


@contextmanager
def serving(data_dir: Path, *, tls: bool) -> Iterator[Server]:
    """The product on a data directory, once it answers; ended on leaving."""
    port = free_port()
    if tls:
        write_tls_config(data_dir, port)
    command = [sys.executable, "app.py", "--data-dir", str(data_dir), "--host", HOST, "--port", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    began = time.monotonic()
    try:
        while not _answers(port, tls=tls):
            assert process.poll() is None, f"{' '.join(command)} ended with {process.returncode}"
            assert time.monotonic() - began < START_SECONDS, f"{' '.join(command)} does not answer"
            time.sleep(0.05)
        yield Server(port, process, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait(timeout=60)


def write_tls_config(data_dir: Path, port: int) -> None:
    """A configuration that serves https with a certificate of our own making."""
    data_dir.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    chain_file, key_file = data_dir / "chain.crt", data_dir / "chain.priv"
    chain_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.write_bytes(key.private_bytes(*form))
    lines = [f"addr: https://{HOST}:{port}", "security:", f"  certFile: {chain_file}", f"  keyFile: {key_file}", ""]
    (data_dir / "config.yaml").write_text("\n".join(lines), encoding="utf-8")


def _answers(port: int, *, tls: bool) -> bool:
    dialler = Dialler(port, tls=tls)
    try:
        with dialler.connect() as connection:
            dialler.ask(connection, "/healthz")
    except OSError:
        return False
    return True


def main() -> None:
    """Runs a crowd as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=4000)
    parser.add_argument("--silent", type=int, default=2000)
    parser.add_argument("--pause", type=float, default=30.0, help="seconds between a node's requests")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tls", action="store_true")
    given = parser.parse_args()
    crowd = Crowd(given.nodes, given.silent, given.pause, given.seconds)
    with tempfile.TemporaryDirectory(prefix="connections-") as folder, serving(Path(folder), tls=given.tls) as server:
        seen = crowd_in(server.port, crowd, tls=given.tls)
        told = {"tls": given.tls, "memory_mb": round(server.memory_mb()), **seen.summary()}
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
