"""A real server process with a certificate of its own making, and with one that cannot be used."""

import json
import signal
import socket
import ssl
from pathlib import Path

import pytest

from tests.config.test_config_trials import make_pair
from tests.config_page.conftest import START_SECONDS, Start, ask, wait_for


def trusting(chain: str) -> ssl.SSLContext:
    """A client that trusts this certificate and no other, whatever name is on it."""
    context = ssl.create_default_context(cafile=chain)
    context.check_hostname = False
    return context


@pytest.mark.slow
def test_https_is_served_with_the_configured_pair_from_tls_1_2_on(tmp_path: Path, start: Start, port: int) -> None:
    chain, key = make_pair(tmp_path, "served")
    start(f"addr: https://127.0.0.1:{port}\nsecurity:\n  certFile: {chain}\n  keyFile: {key}\n")
    url = f"https://127.0.0.1:{port}"
    wait_for(url, trusting(chain))
    assert ask(f"{url}/api/v1/config", trusting(chain))["addr"] == url
    older = trusting(chain)
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", port)) as plain, older.wrap_socket(plain) as wrapped:
        assert wrapped.version() == "TLSv1.2"
        assert wrapped.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(Path(chain).read_text())
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(f"{url}/healthz", ssl.create_default_context())
    assert json.loads((tmp_path / "server.json").read_text())["url"] == url


@pytest.mark.slow
def test_a_running_server_refuses_pairs_that_it_could_not_serve_and_addresses_it_could_not_have(
    tmp_path: Path, start: Start, port: int
) -> None:
    start(f"addr: http://127.0.0.1:{port}\n")
    url = f"http://127.0.0.1:{port}"
    wait_for(url)
    chain, key = make_pair(tmp_path, "one")
    _, other_key = make_pair(tmp_path, "two")
    old_chain, old_key = make_pair(tmp_path, "old", days=-1)
    https = f"https://127.0.0.1:{port}"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        busy = taken.getsockname()[1]
        refused = {
            "does not belong to the certificate": (https, chain, other_key),
            "holds a certificate that expired at": (https, old_chain, old_key),
            "cannot be read": (https, chain, "/no/such/key.pem"),
            "cannot be listened on: 127.0.0.1": (f"http://127.0.0.1:{busy}", "", ""),
            "Nobody has to log in here": (f"http://0.0.0.0:{port}", "", ""),
        }
        for reason, (address, cert_file, key_file) in refused.items():
            pairs = {"addr": address, "security.certFile": cert_file, "security.keyFile": key_file}
            with pytest.raises(OSError, match="422") as error:
                ask(f"{url}/api/v1/configKV", body=json.dumps({"kvMap": pairs}).encode())
            assert reason in error.value.read().decode()  # type: ignore[attr-defined]  # an HTTPError
            error.value.close()  # type: ignore[attr-defined]
    assert ask(f"{url}/api/v1/config/obedience")["version"] == 1
    good = {"addr": https, "security.certFile": chain, "security.keyFile": key}
    assert ask(f"{url}/api/v1/configKV", body=json.dumps({"kvMap": good}).encode())["addr"] == https


@pytest.mark.slow
def test_a_server_whose_certificate_has_gone_says_which_and_does_not_start(
    tmp_path: Path, start: Start, port: int
) -> None:
    chain, key = make_pair(tmp_path, "gone")
    text = f"addr: https://127.0.0.1:{port}\nsecurity:\n  certFile: {chain}\n  keyFile: {key}\n"
    first = start(text)
    wait_for(f"https://127.0.0.1:{port}", trusting(chain))
    first.send_signal(signal.SIGTERM)
    first.wait(timeout=30)
    Path(key).unlink()
    second = start((tmp_path / "config.yaml").read_text())
    assert second.wait(timeout=START_SECONDS) == 1
    told = (tmp_path / "process.log").read_text()
    assert f"Cannot serve https with {chain} and {key}" in told
    assert "Traceback" not in told
