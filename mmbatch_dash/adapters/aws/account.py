"""Accounts to ask, the boto3 clients of one, and AWS's refusals as sentences that name the remedy."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from mmbatch_dash.domain.errors import MmbatchDashError

# boto3 is imported where AWS is asked: most servers start without asking it, and it takes a third of a second.
if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

SESSION_NAME = "mmbatch-dash"
PRICING_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-east-1", "aws-cn": "cn-northwest-1"}
_ACCOUNT = re.compile(r"^(?P<who>[^@]+)(?:@(?P<region>[a-z0-9-]+))?$")


class Trouble(StrEnum):
    """Why AWS could not be asked."""

    CREDENTIALS = "credentials"
    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    OTHER = "other"


class AwsRefused(MmbatchDashError):
    """AWS did not answer; the message says what to do.

    Attributes:
        trouble: the kind of it.
    """

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Account:
    """Whom to ask as, and where.

    Attributes:
        name: as in the configuration; "default" where none is configured.
        who: profile name or role ARN; None takes the credentials of the environment.
        region: where its queues are; None takes that of the profile or environment.
    """

    name: str = "default"
    who: str | None = None
    region: str | None = None


def parse_account(text: str) -> Account:
    """The account an item of `aws.accounts` names."""
    match = _ACCOUNT.match(text)
    return Account(text, match["who"], match["region"]) if match else Account(text, text)


class Clients:
    """boto3 clients of one account, made when first asked for."""

    def __init__(self, account: Account, *, default_region: str = "us-east-1") -> None:
        """Signs in.

        Raises:
            AwsRefused: the profile does not exist, or the role may not be assumed.
        """
        import boto3

        self.account = account
        with speak_plainly("sign in", account.name):
            is_role = account.who is not None and account.who.startswith("arn:")
            session = boto3.Session(profile_name=None if is_role else account.who, region_name=account.region or None)
            self.region: str = session.region_name or default_region
            self._session = self._assume(session, str(account.who)) if is_role else session
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """The client of a service, in the account's region if none is given."""
        key = (service, region or self.region)
        if key not in self._clients:
            self._clients[key] = self._session.client(service, region_name=key[1], config=_retries())  # type: ignore[call-overload]
        return self._clients[key]

    def pricing(self) -> Any:
        """The client of the Price List API, which answers in few regions only."""
        partition = self._session.get_partition_for_region(self.region)
        return self.client("pricing", PRICING_REGIONS.get(partition, "us-east-1"))

    def _assume(self, session: "boto3.Session", role_arn: str) -> "boto3.Session":
        import boto3

        sts = session.client("sts", region_name=self.region, config=_retries())
        given = sts.assume_role(RoleArn=role_arn, RoleSessionName=SESSION_NAME)["Credentials"]
        return boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=self.region,
        )


@cache
def _retries() -> "Config":
    from botocore.config import Config

    return Config(
        retries={"mode": "adaptive", "max_attempts": 6},
        connect_timeout=10,
        read_timeout=30,
        user_agent_extra=SESSION_NAME,
    )


@contextmanager
def speak_plainly(what: str, account: str) -> Iterator[None]:
    """Turns botocore's errors into AwsRefused; `what` was tried."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        trouble = _trouble_of(code)
        raise AwsRefused(trouble, f"{account}: AWS refused to {what} ({code}). {_REMEDIES[trouble]}") from error
    except (NoCredentialsError, ProfileNotFound) as error:
        message = f"{account}: there are no credentials to {what} with: {error}. {_REMEDIES[Trouble.CREDENTIALS]}"
        raise AwsRefused(Trouble.CREDENTIALS, message) from error
    except BotoCoreError as error:
        lost = type(error).__name__ in ("TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError")
        trouble = Trouble.CREDENTIALS if lost else Trouble.UNREACHABLE
        raise AwsRefused(trouble, f"{account}: could not {what}: {error}. {_REMEDIES[trouble]}") from error


_REMEDIES = {
    Trouble.CREDENTIALS: "Renew the credentials of the profile or role named in aws.accounts.",
    Trouble.DENIED: "Give the role the policy in docs/aws.md.",
    Trouble.THROTTLED: "It will be asked again later, more slowly.",
    Trouble.UNREACHABLE: "Check the network, the region and the proxy; it will be tried again.",
    Trouble.OTHER: "It will be tried again.",
}


def _trouble_of(code: str) -> Trouble:
    if re.search(
        r"Expired|InvalidClientTokenId|UnrecognizedClient|InvalidToken|AuthFailure|SignatureDoesNotMatch", code
    ):
        return Trouble.CREDENTIALS
    if re.search(r"AccessDenied|Unauthorized|NotAuthorized", code):
        return Trouble.DENIED
    if re.search(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown", code):
        return Trouble.THROTTLED
    return Trouble.OTHER
