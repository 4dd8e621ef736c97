"""4,000 nodes that poll every 30 seconds, beside a dashboard in use: correct under that load; the times are printed."""

import http.client
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.config_page.conftest import Start, ask, wait_for

REQUESTS_PER_SECOND = 133
SECONDS = 4
CONNECTIONS = 6


@pytest.mark.slow
def test_nodes_poll_with_etags_beside_a_dashboard_in_use(
    start: Start, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    start(f"addr: http://127.0.0.1:{port}\n")
    url = f"http://127.0.0.1:{port}"
    wait_for(url)
    first = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    first.request("GET", "/api/v1/config", headers={"X-Node-Id": "i-0"})
    answer = first.getresponse()
    etag, _ = answer.headers["ETag"], answer.read()
    first.close()
    alone = time_dashboard(url, 10)
    total, begun = REQUESTS_PER_SECOND * SECONDS, time.perf_counter() + 0.1

    def poll(worker: int) -> list[tuple[int, int, float]]:
        connection, seen = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
        for number in range(worker, total, CONNECTIONS):
            time.sleep(max(0.0, begun + number / REQUESTS_PER_SECOND - time.perf_counter()))
            sent = time.perf_counter()
            connection.request("GET", "/api/v1/config", headers={"X-Node-Id": f"i-{number}", "If-None-Match": etag})
            got = connection.getresponse()
            seen.append((got.status, len(got.read()), time.perf_counter() - sent))
        connection.close()
        return seen

    beside: list[float] = []
    polling = threading.Event()

    def use_dashboard() -> None:
        while not polling.is_set():
            beside.extend(time_dashboard(url, 1))

    reader = threading.Thread(target=use_dashboard)
    reader.start()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = [one for part in pool.map(poll, range(CONNECTIONS)) for one in part]
    taken = time.perf_counter() - begun
    polling.set()
    reader.join()

    assert len(answers) == total
    assert {(status, size) for status, size, _ in answers} == {(304, 0)}
    report = ask(f"{url}/api/v1/config/obedience")
    assert (report["obeying"], report["behind"]) == (total, 0)
    assert beside
    times = sorted(seconds for *_, seconds in answers)
    with capsys.disabled():
        print(  # noqa: T201 - the figures are the point
            f"\n{total} polls in {taken:.1f} s: median {1000 * statistics.median(times):.1f} ms, "
            f"95 % within {1000 * times[int(0.95 * total)]:.1f} ms; a summary took "
            f"{1000 * statistics.median(alone):.0f} ms alone and {1000 * statistics.median(beside):.0f} ms beside them"
        )


def time_dashboard(url: str, times: int) -> list[float]:
    """Seconds that each reading of the summary took."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        assert ask(f"{url}/api/v1/summary")["figures"]
        taken.append(time.perf_counter() - begun)
    return taken
