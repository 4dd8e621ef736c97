"""What Amazon resource names say: short names, account, region, compute environment. Knows no event format."""

import re
from typing import overload

_BATCH_CLUSTER = re.compile(
    r"^(?:AWSBatch-(?P<new>.+)-|(?P<old>.+)_Batch_)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
)


@overload
def short_name(arn_or_name: str) -> str: ...
@overload
def short_name(arn_or_name: None) -> None: ...
def short_name(arn_or_name: str | None) -> str | None:
    """The last part of an ARN ("…:job-queue/align" → "align"); a plain name, or None, comes back as it is."""
    if arn_or_name is None or not arn_or_name.startswith("arn:"):
        return arn_or_name
    return arn_or_name.rsplit("/", 1)[-1]


def account_and_region(arn: str) -> tuple[str, str] | None:
    """(account, region) of an ARN, None for anything that is not one."""
    parts = arn.split(":", 5)
    return (parts[4], parts[3]) if len(parts) == 6 and parts[0] == "arn" else None


def compute_environment(arn: str | None) -> str | None:
    """The AWS Batch compute environment whose ECS cluster an ARN names, None where it names none.

    AWS Batch calls the cluster of a compute environment `AWSBatch-NAME-UUID`, earlier `NAME_Batch_UUID`; the
    cluster stands in cluster ARNs and in the long form of container instance and task ARNs.
    """
    for part in (arn or "").split("/")[1:]:
        if match := _BATCH_CLUSTER.match(part):
            return match["new"] or match["old"]
    return None
