"""Local users: names, roles and argon2 hashes in the document `secrets/users.json`."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mmbatch_dash.domain.errors import InvalidInput, NotFound
from mmbatch_dash.domain.identity import Role
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.store.documents.interface import Documents
from mmbatch_dash.store.documents.tree import Tree

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class User:
    """A local user.

    Attributes:
        name: as typed at sign-in; upper and lower case differ.
        role: admin or reader.
        password_hash: argon2id, in PHC form.
        stamp: changes with password and role; a session made under another stamp is over.
    """

    name: str
    role: Role
    password_hash: str
    stamp: str


class Users:
    """The local users of an installation; the command line may change them beside a running server."""

    def __init__(self, documents: Documents, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._kept = Tree(documents, "secrets/users.json")
        self._clock = clock

    def exist(self) -> bool:
        """Whether there is any local user."""
        return bool(self._kept.read())

    def find(self, name: str) -> User | None:
        """The user of that name."""
        row = self._kept.read().get(name)
        return None if row is None else User(name, Role(row["role"]), row["hash"], row["stamp"])

    def all(self) -> list[User]:
        """All users by name."""
        return [user for name in sorted(self._kept.read()) if (user := self.find(name))]

    def admin_exists(self) -> bool:
        """Whether any local user is an admin."""
        return any(user.role is Role.ADMIN for user in self.all())

    def save(self, name: str, role: Role, password_hash: str, *, only_first: bool = False) -> None:
        """Adds a user, or gives an existing one this role and password.

        Args:
            name: of the user.
            role: admin or reader.
            password_hash: argon2id.
            only_first: refuse if there is any user already; two set-ups at once make one admin.

        Raises:
            InvalidInput: the name cannot be one, or somebody was first.
        """
        check_name(name)

        def edit(tree: dict[str, Any]) -> None:
            if only_first and tree:
                raise InvalidInput("This server has been set up already; sign in instead.")
            tree[name] = {
                "role": role.value,
                "hash": password_hash,
                "changed_at": to_iso(self._clock()),
                "stamp": secrets.token_hex(8),
            }

        self._kept.change(edit)

    def rehash(self, user: User, password_hash: str) -> None:
        """Stores a stronger hash of the same password, unless the user was changed meanwhile."""

        def edit(tree: dict[str, Any]) -> None:
            if tree.get(user.name, {}).get("stamp") == user.stamp:
                tree[user.name]["hash"] = password_hash

        self._kept.change(edit)

    def remove(self, name: str) -> None:
        """Removes a user; their sessions end with the next request.

        Raises:
            NotFound: there is no such user.
        """

        def edit(tree: dict[str, Any]) -> None:
            if tree.pop(name, None) is None:
                raise NotFound(f"There is no local user {name!r}; `auth users` lists them.")

        self._kept.change(edit)


def check_name(name: str) -> None:
    """Refuses what cannot be the name of a user or token.

    Raises:
        InvalidInput: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "must be 1 to 64 letters, digits or . _ @ + -, starting with a letter or digit", field="name"
        )
