"""Who may read through a user pool: everybody in it where no reader groups are named, and whether that is anybody.

Asking a pool takes the AWS right cognito-idp:DescribeUserPool; everything else of sign-in does without credentials.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mmbatch_dash.adapters.user_pool import ENDPOINT_VARIABLES
from mmbatch_dash.domain.config.security import Cognito

CONNECT_SECONDS, READ_SECONDS = 3, 5
ASK_AGAIN_SECONDS = 600.0

ANYBODY = (
    "ANYBODY MAY READ EVERYTHING HERE: the user pool {pool} lets people make accounts by themselves, and "
    "security.cognito.readerGroups is empty. Name the groups that may read, or switch self sign-up off in the pool."
)
EVERYBODY = (
    "Everybody in the user pool {pool} may read: security.cognito.readerGroups is empty. Accounts are made by the "
    "pool's admins alone."
)
PERHAPS_ANYBODY = (
    "Everybody in the user pool {pool} may read: security.cognito.readerGroups is empty. If the pool lets people make "
    "accounts by themselves, that is anybody; it could not be asked (the right cognito-idp:DescribeUserPool)."
)


@dataclass(frozen=True, slots=True)
class Warned:
    """What is to be said of a pool.

    Attributes:
        text: in sentences; empty where only named groups may read, or nobody signs in through a pool.
        is_loud: whether anybody at all may read.
    """

    text: str = ""
    is_loud: bool = False


def allows_self_sign_up(cognito: Cognito, environ: Mapping[str, str] | None = None) -> bool | None:
    """Whether people can make accounts in the pool by themselves; None where it could not be asked."""
    # Where it is used: boto3 takes a third of a second, and most servers have no pool.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    variables = os.environ if environ is None else environ
    endpoint = next((variables[name] for name in ENDPOINT_VARIABLES if variables.get(name)), None)
    patience = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1})
    try:
        client = boto3.client("cognito-idp", region_name=cognito.region, endpoint_url=endpoint, config=patience)
        pool = client.describe_user_pool(UserPoolId=cognito.user_pool_id)["UserPool"]
    except (BotoCoreError, ClientError, ValueError):
        return None
    return not pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False)


def warn_of(cognito: Cognito, ask: Callable[[Cognito], bool | None] = allows_self_sign_up) -> Warned:
    """What is to be said of the pool in force.

    Args:
        cognito: how login through a pool is configured.
        ask: whether people can make accounts by themselves; None where that is not known.
    """
    if not cognito.enabled or cognito.reader_groups:
        return Warned()
    itself = ask(cognito)
    text = PERHAPS_ANYBODY if itself is None else ANYBODY if itself else EVERYBODY
    return Warned(text.format(pool=cognito.user_pool_id), bool(itself))


class PoolAsker:
    """Asks at most every ten minutes: pages are looked at more often than pools change."""

    def __init__(self, ask: Callable[[Cognito], bool | None] = allows_self_sign_up) -> None:
        """Has not asked yet."""
        self._ask = ask
        self._known: tuple[str, float, bool | None] | None = None
        self._lock = threading.Lock()

    def __call__(self, cognito: Cognito) -> bool | None:
        """Whether people can make accounts by themselves, as of the last ten minutes; None where that is not known."""
        pool, now = f"{cognito.region}/{cognito.user_pool_id}", time.monotonic()
        with self._lock:
            if self._known is None or self._known[0] != pool or now - self._known[1] > ASK_AGAIN_SECONDS:
                self._known = (pool, now, self._ask(cognito))
            return self._known[2]
