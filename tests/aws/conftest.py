"""Services over a folder, with AWS scripted or played by moto."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.aws import AwsSync
from mmbatch_dash.settings import build_settings
from mmbatch_dash.store.documents.files import FileDocuments
from tests.aws.scripted import ScriptedAws
from tests.aws.small_world import NOON


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> Any:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(tmp_path: Path, clock: Clock) -> Iterator[Services]:
    opened = open_services(build_settings(tmp_path, environ={}), clock=clock, start_folding=False)
    yield opened
    opened.close()


@pytest.fixture
def build_sync(services: Services, tmp_path: Path, clock: Clock) -> Callable[[ScriptedAws], AwsSync]:
    def build(aws: ScriptedAws) -> AwsSync:
        return AwsSync(
            FileDocuments(tmp_path),
            services.config.current,
            services.database,
            services.intake,
            lambda _position: services.fold.fold_all(),
            clock=clock,
            connect=aws.connect,
        )

    return build


@pytest.fixture
def rows(services: Services) -> Callable[[str], list[tuple[Any, ...]]]:
    def ask(sql: str) -> list[tuple[Any, ...]]:
        services.fold.fold_all()
        with services.database.cursor() as cursor:
            return cursor.execute(sql).fetchall()

    return ask
