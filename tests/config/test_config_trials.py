"""Certificate and key are loaded before they are accepted."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mmbatch_dash.domain.config import ConfigRefused
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.config.trials import build_address_trial

HTTPS = "https://127.0.0.1:8443"


def make_pair(folder: Path, name: str, *, days: int = 30, password: bytes | None = None) -> tuple[str, str]:
    """Paths of a self-made certificate that ends in `days` days, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ends = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=90))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    chain_file, key_file = folder / f"{name}.crt", folder / f"{name}.priv"
    chain_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    return str(chain_file), str(key_file)


def apply_pair(store: ConfigStore, chain: str, key: str) -> None:
    changes = {"addr": HTTPS, "security.certFile": chain, "security.keyFile": key}
    store.apply(changes, who="Alice", origin="page")


def test_a_pair_that_belongs_together_is_accepted(tmp_path: Path, store: ConfigStore) -> None:
    apply_pair(store, *make_pair(tmp_path, "good"))
    assert store.current().https


def test_a_key_of_another_certificate_is_refused(tmp_path: Path, store: ConfigStore) -> None:
    chain, _ = make_pair(tmp_path, "one")
    _, key = make_pair(tmp_path, "two")
    with pytest.raises(ConfigRefused) as refused:
        apply_pair(store, chain, key)
    assert str(refused.value) == f"security.keyFile: does not belong to the certificate in {chain}: {key}"
    assert store.version == 1


def test_an_expired_certificate_is_refused(tmp_path: Path, store: ConfigStore) -> None:
    with pytest.raises(ConfigRefused, match="security.certFile: holds a certificate that expired at 20"):
        apply_pair(store, *make_pair(tmp_path, "old", days=-1))


def test_a_certificate_that_expires_later_does_not_stop_other_changes(tmp_path: Path, store: ConfigStore) -> None:
    chain, key = make_pair(tmp_path, "aging")
    apply_pair(store, chain, key)
    old_chain, old_key = make_pair(tmp_path, "old", days=-1)
    Path(old_chain).rename(chain)
    Path(old_key).rename(key)
    store.apply({"log.level": "debug"}, who="Alice", origin="page")
    assert ConfigStore(tmp_path, environ={}).current().log.level == "debug"


@pytest.mark.parametrize("content", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(tmp_path: Path, store: ConfigStore, content: str) -> None:
    chain, key = make_pair(tmp_path, "broken")
    Path(chain).write_text(content)
    with pytest.raises(ConfigRefused, match="security.certFile: is no certificate in PEM form"):
        apply_pair(store, chain, key)


def test_what_is_no_key_or_one_with_a_password_is_refused(tmp_path: Path, store: ConfigStore) -> None:
    chain, key = make_pair(tmp_path, "locked", password=b"secret")
    for text in (Path(key).read_text(), "no PEM"):
        Path(key).write_text(text)
        with pytest.raises(
            ConfigRefused, match="security.keyFile: is no usable private key in PEM form without password"
        ):
            apply_pair(store, chain, key)


def test_files_that_cannot_be_read_are_named_both(tmp_path: Path, store: ConfigStore) -> None:
    with pytest.raises(ConfigRefused) as refused:
        apply_pair(store, str(tmp_path / "a"), str(tmp_path))
    assert refused.value.sentences == [
        f"security.certFile: cannot be read: {tmp_path}/a: No such file or directory",
        f"security.keyFile: cannot be read: {tmp_path}: Is a directory",
    ]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_an_address_that_is_taken_is_refused(tmp_path: Path, taken: int) -> None:
    store = ConfigStore(tmp_path, environ={}, trials=[build_address_trial(lambda: None)])
    with pytest.raises(ConfigRefused) as refused:
        store.apply({"addr": f"http://127.0.0.1:{taken}"}, who="Alice", origin="page")
    assert str(refused.value) == f"addr: cannot be listened on: 127.0.0.1 port {taken}: Address already in use"


def test_the_address_this_server_holds_itself_may_come_back(tmp_path: Path, taken: int) -> None:
    store = ConfigStore(tmp_path, environ={}, trials=[build_address_trial(lambda: ("127.0.0.1", taken))])
    store.apply({"addr": f"http://127.0.0.1:{taken}"}, who="Alice", origin="page")
    assert store.current().port == taken


def test_an_address_of_another_machine_is_refused_and_a_free_one_taken(tmp_path: Path, taken: int) -> None:
    store = ConfigStore(tmp_path, environ={}, trials=[build_address_trial(lambda: None)])
    with pytest.raises(ConfigRefused, match="addr: cannot be listened on: 192.0.2.1 port 8080"):
        store.apply({"addr": "http://192.0.2.1:8080"}, who="Alice", origin="page")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store.apply({"addr": f"http://127.0.0.1:{port}"}, who="Alice", origin="page")
    assert store.current().port == port
