"""kill -9 in the midst of everything a data directory goes through: nothing acknowledged is lost, nothing is doubled.

TORTURE_ROUNDS sets how many deaths there are; `make torture` dies a hundred, the suite a few. Segments are small here,
so that rotation, compression and thinning are always under way, and the tables are copied whenever anything is free.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings
from tests.effort import effort
from tests.endurance.server import PROJECT, Server, running
from tests.endurance.story import job_events
from tests.endurance.test_sudden_death import Sender, assert_tables_equal_a_replay

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("TORTURE_ROUNDS", effort(100, 4)))
LIFE = 1.0 if ROUNDS > 10 else 0.4
"""Of few deaths each comes sooner: what was told is folded, replayed and restored at the end, which takes the time."""
FOLD_SECONDS = 60 + 20 * ROUNDS
"""A batch is of one segment, and these are small: what piled up in many lives takes its time."""
SEED = int(os.environ.get("TORTURE_SEED", "2026"))
SMALL_SEGMENTS = (
    "import sys; from mmbatch_dash.store.journal import FileJournal; "
    "FileJournal.__init__.__kwdefaults__['segment_bytes'] = 300_000; "
    "from mmbatch_dash.store.journal import keeper; from mmbatch_dash.services import retention; "
    "keeper.STRIP_LOOK_SECONDS = keeper.SCRUB_PAUSE_SECONDS = keeper.LOOK_SECONDS = retention.LOOK_SECONDS = 0.2; "
    "from datetime import timedelta; from mmbatch_dash.services import compaction as often; "
    "from mmbatch_dash.store import compaction; "
    "often.LOOK_SECONDS, often.APART, compaction.LEAST_GAIN_SHARE = 0.2, timedelta(0), 0.0; "
    "often.CompactionWatch.__init__.__kwdefaults__['least_bytes'] = 1; "
    "from mmbatch_dash.cli import main; main(sys.argv[1:])"
)
PROGRAM = ("-c", SMALL_SEGMENTS, "serve")
JSON = {"Content-Type": "application/json"}


class Torture:
    """A data directory, who talks to its server, and what became of it so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.chance = random.Random(SEED)
        self.senders = [Sender(number, seed=SEED + number) for number in range(2)]
        self.imported: list[dict[str, Any]] = []
        self.levels: list[str] = ["info"]
        self.kinds: Counter[str] = Counter()

    def round(self, kind: str) -> None:
        """One death, in the midst of `kind`."""
        self.kinds[kind] += 1
        during: Callable[[], None] = getattr(self, kind)
        during()

    def ingest(self) -> None:
        self._live(lambda server: None)

    def configuration(self) -> None:
        def save(server: Server) -> None:
            with suppress(OSError, HTTPException, orjson.JSONDecodeError):
                while True:
                    level = self.chance.choice(["debug", "info", "warning", "error"])
                    self.levels.append(level)
                    server.request("PUT", "/api/v1/log/config", orjson.dumps({"level": level}), JSON)

        self._live(lambda server: threading.Thread(target=save, args=(server,), daemon=True).start())

    def costing(self) -> None:
        def change(server: Server) -> None:
            with suppress(OSError, HTTPException, orjson.JSONDecodeError):
                while True:
                    share = {"kvMap": {"pricing.assumedSpotDiscount": f"0.{self.chance.randrange(1, 9)}"}}
                    server.request("PUT", "/api/v1/configKV", orjson.dumps(share), JSON)
                    time.sleep(0.2)

        self._live(lambda server: threading.Thread(target=change, args=(server,), daemon=True).start())

    def retention(self) -> None:
        """Jobs leave the lists and come back, and events lose the form they came in."""

        def change(server: Server) -> None:
            with suppress(OSError, HTTPException, orjson.JSONDecodeError):
                while True:
                    kept = {"retention.jobs": self.chance.choice(KEPT), "retention.journal": "1s"}
                    server.request("PUT", "/api/v1/configKV", orjson.dumps({"kvMap": kept}), JSON)
                    time.sleep(self.chance.uniform(0.1, 0.6))

        self._live(lambda server: threading.Thread(target=change, args=(server,), daemon=True).start(), after=4.0)

    def backup(self) -> None:
        """The backup is killed, then the server."""
        self._live(lambda server: self._kill_command("backup", str(self.folder / "backups")))

    def shutdown(self) -> None:
        """Told to end, and killed before it has."""

        def end(server: Server) -> None:
            time.sleep(self.chance.uniform(0.1, 1.0))
            server.process.send_signal(signal.SIGTERM)

        self._live(end, after=0.3)

    def importing(self) -> None:
        number = 1_000_000 + 1000 * self.kinds["importing"]
        events = [event for one in range(200) for event in job_events(self.chance, number + one, "file")]
        file = self.folder / f"{number}.ndjson"
        file.write_bytes(b"\n".join(map(orjson.dumps, events)))
        self.imported += events
        self._kill_command("import", str(file))

    def rebuild(self) -> None:
        if self.data_dir.exists():
            self._kill_command("rebuild")

    def rebuild_beside(self) -> None:
        """The server is asked to make its tables anew, and dies at it."""

        def ask(server: Server) -> None:
            with suppress(OSError, HTTPException, orjson.JSONDecodeError):
                server.request("POST", "/api/v1/rebuild", b'{"accept_loss": false}', JSON)

        self._live(lambda server: threading.Thread(target=ask, args=(server,), daemon=True).start())

    def upgrade(self) -> None:
        """The server dies while it makes the tables of another program anew."""
        for store in self.data_dir.glob("store*.duckdb"):
            with (
                suppress(duckdb.Error),
                duckdb.connect(str(store)) as file,
            ):  # one that was only just begun has no such row
                file.execute("UPDATE meta SET value = 'of another program' WHERE name = 'digest'")
        self._live(lambda server: None)

    def _live(self, beside: Callable[[Server], None], after: float = 2.0) -> None:
        with running(self.data_dir, PROGRAM) as server:
            threads = [threading.Thread(target=one.talk_to, args=(server,), daemon=True) for one in self.senders]
            for thread in threads:
                thread.start()
            beside(server)
            time.sleep(self.chance.uniform(0.02, after * LIFE))
            server.kill()
            for thread in threads:
                thread.join(timeout=60)

    def _kill_command(self, *arguments: str) -> None:
        command = [sys.executable, "-c", SMALL_SEGMENTS, *arguments, "--data-dir", str(self.data_dir)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=self.chance.uniform(0.5, 3.0))
            process.kill()


KEPT = ("forever", "1h", "6400h", "8760h")
KINDS = (
    *("ingest", "costing", "importing", "retention", "upgrade", "backup", "rebuild", "configuration", "shutdown"),
    "rebuild_beside",
)


def run_command(*arguments: str) -> str:
    command = [sys.executable, "-c", SMALL_SEGMENTS, *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read_journal(data_dir: Path) -> tuple[list[tuple[str, str, str]], bytes]:
    """Teller, source and id of every entry, and all lines."""
    services = open_services(build_settings(data_dir, environ={}), start_folding=False)
    try:
        position, pieces = 0, []
        while (stretch := services.journal.read(position, 1 << 24)).end > position:
            pieces.append(stretch.data)
            position = stretch.end
        assert services.journal.damage.places == ()
        lines = b"".join(pieces)
        entries = [orjson.loads(line) for line in lines.splitlines() if line.strip()]
        return [(entry["by"], entry["source"], entry["id"]) for entry in entries], lines
    finally:
        services.close()


def test_a_data_directory_that_dies_in_the_midst_of_everything_loses_and_doubles_nothing(tmp_path: Path) -> None:
    torture = Torture(tmp_path)
    for number in range(ROUNDS):
        torture.round(KINDS[number % len(KINDS)] if number < len(KINDS) else torture.chance.choice(KINDS))

    # The last life: what hung is sent again, files are imported again, everything folds, and the end is orderly.
    with running(torture.data_dir, PROGRAM) as server:
        for sender in torture.senders:
            if sender.open:
                assert server.post(sender.open)[0] == 200
                sender.acknowledged |= {(event["source"], event["id"]): event for event in sender.open}
        keep_all = {"kvMap": {"retention.jobs": "forever"}}
        assert server.request("PUT", "/api/v1/configKV", orjson.dumps(keep_all), JSON)[0] == 200
        time.sleep(1)  # until the change is seen
        server.wait_until_folded(FOLD_SECONDS)
        assert server.get("/readyz")[1]["status"] == "ready"
        assert server.get("/api/v1/log/config")[1]["level"] in torture.levels
        assert server.terminate() == 0
    for file in sorted(tmp_path.glob("*.ndjson")):
        run_command("import", str(file), "--data-dir", str(torture.data_dir))
    assert [sender.unexpected for sender in torture.senders if any(s != 503 for s, _ in sender.unexpected)] == []

    told, lines = read_journal(torture.data_dir)
    acknowledged = {key for sender in torture.senders for key in sender.acknowledged}
    acknowledged |= {(event["source"], event["id"]) for event in torture.imported}
    lost = acknowledged - {(source, identifier) for _, source, identifier in told}
    doubled = [entry for entry, count in Counter(told).items() if count > 1]
    sys.stdout.write(
        f"\n{ROUNDS} deaths {dict(torture.kinds)}: {len(told):,} entries, lost {len(lost)}, doubled {len(doubled)}\n"
    )
    assert (lost, doubled) == (set(), [])
    assert len(acknowledged) > 50 * ROUNDS
    assert "whole" in run_command("check", "--data-dir", str(torture.data_dir))
    assert_tables_equal_a_replay(torture.data_dir, tmp_path / "replay")

    run_command("backup", str(tmp_path / "backups"), "--data-dir", str(torture.data_dir))
    run_command("restore", str(tmp_path / "backups"), "--data-dir", str(tmp_path / "elsewhere"))
    assert read_journal(tmp_path / "elsewhere")[1] == lines
