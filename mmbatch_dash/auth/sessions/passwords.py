"""Passwords of local users: hashed with argon2id, checked in the same time whether the user exists or not."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.store.auth.users import User

SHORTEST, LONGEST = 12, 512
AT_ONCE = 4
"""Checks at a time: each takes 19 MiB, and strangers can ask for them."""

# Parameters that OWASP's password storage cheat sheet names first for argon2id.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_SLOTS = threading.BoundedSemaphore(AT_ONCE)
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash of a new password.

    Raises:
        InvalidInput: too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"must have {SHORTEST} to {LONGEST} characters", field="password")
    return _HASHER.hash(password)


def check_password(user: User | None, password: str) -> bool:
    """Whether this is the user's password; without a user the same work is done, and it is not."""
    with _SLOTS:
        try:
            # A longer one cannot be right, and is not worth hashing; it costs the same all the same.
            _HASHER.verify(user.password_hash if user else _NOBODY, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return user is not None


def rehash_if_weak(user: User, password: str) -> str | None:
    """A hash with today's parameters where the stored one has others; None where it is good."""
    return _HASHER.hash(password) if _HASHER.check_needs_rehash(user.password_hash) else None
