"""A server with a login, and the cast that knocks at its door."""

import re
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mmbatch_dash.auth.install import Login, login_of
from mmbatch_dash.auth.sessions.passwords import hash_password
from mmbatch_dash.domain.identity import Right, Role
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.services.login_trial import open_config
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.documents.files import FileDocuments

PASSWORD = "correct horse battery"
_HASH = hash_password(PASSWORD)
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 3, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass
class House:
    """A server without a network on a data directory of the test's own."""

    services: Services
    clock: Clock
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.services)

    @property
    def auth(self) -> Login:
        return login_of(self.app)

    @property
    def folder(self) -> Path:
        return self.services.settings.data_dir

    def add_user(self, name: str, role: Role = Role.ADMIN) -> None:
        self.auth.users.save(name, role, _HASH)

    def make_token(self, *rights: Right, name: str = "", lifetime: timedelta | None = None) -> str:
        return self.auth.tokens.create(name or "-".join(rights), rights, lifetime)[0]

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self, name: str) -> FlaskClient:
        client = self.client()
        answer = sign_in(client, name)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return client

    def actions(self) -> list[tuple[str, str, str]]:
        """(action, who, outcome) of the audit log, oldest first."""
        return [(entry.action, entry.who, entry.outcome) for entry in self.auth.audit.read()]


STORES: list[Services] = []


def open_house(folder: Path, **settings: Any) -> House:
    """A server on a folder. Its jobs and figures are one empty store's for all tests: opening it takes longest."""
    if not STORES:
        store = Settings(data_dir=Path(tempfile.mkdtemp(prefix="house-")))
        STORES.append(open_services(store, clock=Clock(), start_folding=False))
    clock, own = Clock(), Settings(data_dir=folder, **settings)
    documents = FileDocuments(own.data_dir)
    return House(
        replace(STORES[0], settings=own, documents=documents, config=open_config(own, documents, clock), clock=clock),
        clock,
    )


def csrf_of(client: FlaskClient, path: str = "/login") -> str:
    """The token in the first form of a page."""
    page = client.get(path).get_data(as_text=True)
    found = CSRF.search(page)
    assert found, page
    return found[1]


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **fields: str) -> TestResponse:
    """The answer to the sign-in form."""
    form = {"csrf_token": csrf_of(client), "name": name, "password": password, **fields}
    return client.post("/login", data=form)


def post(client: FlaskClient, path: str, form_page: str, **fields: Any) -> TestResponse:
    """The answer to a form of a page of somebody who signed in."""
    return client.post(path, data={"csrf_token": csrf_of(client, form_page), **fields})
