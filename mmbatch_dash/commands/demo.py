"""`demo`: a simulated fleet in a folder of its own, told through the same door as everything."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import typer

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.commands.progress import progress_bar
from mmbatch_dash.commands.serve import find_address, run_server
from mmbatch_dash.demo import DEFAULT_SCENARIO, simulate, simulate_live
from mmbatch_dash.domain.errors import MmbatchDashError, StoreUnavailable
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.documents.files import FileDocuments

STALE = timedelta(hours=12)
FEED_SECONDS = 1.0
FOLD_EVERY_BYTES = 256 * 1024 * 1024


def run_demo(settings: Settings, *, jobs: int | None, seed: int, serve: bool, remove: bool) -> None:
    """Makes, removes or serves a simulated fleet.

    Raises:
        MmbatchDashError: the folder holds real data.
    """
    if remove:
        _remove(settings)
        return
    told = _told(settings)
    if told is None or told["jobs"] != jobs or told["seed"] != seed or _age(told) > STALE:
        _remove(settings)
        told = _tell(settings, jobs, seed)
    if serve:
        run_server(_on_a_free_port(settings), beside=partial(start_live, told))


def _on_a_free_port(settings: Settings) -> Settings:
    """The settings with a port of its own where nobody named one and the usual one is taken, by a real server say."""
    if settings.port is not None:
        return settings
    config = open_config(settings, FileDocuments(settings.data_dir), lambda: datetime.now(UTC)).current()
    try:
        find_address(settings.host or config.host, config.port)
    except MmbatchDashError:
        return settings.model_copy(update={"port": 0})
    return settings


def start_live(told: dict[str, Any], services: Services) -> None:
    """Goes on telling the fleet's events as they fall due, in a thread."""
    threading.Thread(target=_feed, args=(told, services), name="demo", daemon=True).start()


def _feed(told: dict[str, Any], services: Services) -> None:
    events = simulate_live(DEFAULT_SCENARIO, told["seed"], datetime.fromisoformat(told["end_at"]), jobs=told["jobs"])
    try:
        for due in _due(events):
            services.intake.take(read_batch(due))
    except StoreUnavailable:
        return  # the server is shutting down


def _due(events: Iterator[tuple[datetime, dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    waiting: list[dict[str, Any]] = []
    for due_at, event in events:
        while due_at > datetime.now(UTC):
            if waiting:
                yield waiting
                waiting = []
            time.sleep(FEED_SECONDS)
        waiting.append(event)
        if len(waiting) >= 5000:
            yield waiting
            waiting = []


def _tell(settings: Settings, jobs: int | None, seed: int) -> dict[str, Any]:
    end_at = datetime.now(UTC).replace(microsecond=0)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.simulated_marker.write_text("{}", encoding="utf-8")
    services = open_services(settings, start_folding=False)
    try:
        with progress_bar() as progress:
            task = progress.add_task("simulating", total=None)
            events = simulate(DEFAULT_SCENARIO, seed=seed, jobs=jobs, end_at=end_at)
            for receipt in services.intake.take_stream(read_batch(events)):
                if receipt.rejected:
                    raise MmbatchDashError(f"The simulator told something wrong: {receipt.rejected[0].error}")
                progress.advance(task, receipt.accepted)
                if receipt.end - services.fold.position > FOLD_EVERY_BYTES:
                    services.fold.fold_all()
            services.fold.fold_all()
    finally:
        services.close()
    told = {"jobs": jobs, "seed": seed, "end_at": end_at.isoformat()}
    settings.simulated_marker.write_text(json.dumps(told), encoding="utf-8")
    typer.echo(f"A simulated fleet is in {settings.data_dir}; `demo --remove` takes it away.")
    return told


def _told(settings: Settings) -> dict[str, Any] | None:
    """What the folder's fleet was made with; None where there is none or its telling was cut short."""
    try:
        told: dict[str, Any] = json.loads(settings.simulated_marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if "end_at" in told else None


def _age(told: dict[str, Any]) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(told["end_at"])


def _remove(settings: Settings) -> None:
    if settings.simulated_marker.exists():
        shutil.rmtree(settings.data_dir)
    elif settings.journal_dir.exists():
        raise MmbatchDashError(f"{settings.data_dir} holds real data; name another folder with --data-dir.")
