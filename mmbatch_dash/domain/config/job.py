"""Section `job`: the EBS volume each job may be given, and how long what a job leaves behind is kept."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, StrictInt, StrictStr

from mmbatch_dash.domain.config.controls import Control, Kind, choice_control, refuse, show
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import AbsolutePath, Age, Interval, Switch


class DiskType(StrEnum):
    """EBS volume types."""

    GP2 = "gp2"
    GP3 = "gp3"
    IO1 = "io1"
    IO2 = "io2"
    ST1 = "st1"
    SC1 = "sc1"


DISK_SIZES_GIB: dict[DiskType, tuple[int, int]] = {
    DiskType.GP2: (1, 16384),
    DiskType.GP3: (1, 65536),
    DiskType.IO1: (4, 16384),
    DiskType.IO2: (4, 65536),
    DiskType.ST1: (125, 16384),
    DiskType.SC1: (125, 16384),
}
"""Smallest and largest volume of each type."""


class RetentionPolicy(StrEnum):
    """By what it is decided that something left behind may go."""

    TIME = "time"


def _check_tags(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > 50:
        raise refuse(f"must be at most 50 tags, not {len(tags)}")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128:
            raise refuse(f"must have tag keys of 1 to 128 characters; {show(key)} has {len(key)}")
        if key.lower().startswith("aws:"):
            raise refuse(f"must not have tag keys that begin with aws:, as {show(key)} does; AWS reserves them")
        if len(value) > 256:
            raise refuse(f"must have tag values of at most 256 characters; that of {show(key)} has {len(value)}")
        if not (key + value).isprintable():
            raise refuse(f"must have tags of printable characters; {show(key)} has others")
    return tags


Tags = Annotated[
    dict[StrictStr, StrictStr],
    AfterValidator(_check_tags),
    Control(Kind.MAP, "at most 50 tags; keys of 1 to 128 characters, not aws:, values of at most 256"),
]


class Job(Section):
    """What a job is given and leaves behind."""

    ebs_per_job: Switch = setting(
        "ebsPerJob", False, "Gives each job an EBS volume of its own that follows it from instance to instance."
    )
    disk_type: Annotated[DiskType, choice_control(DiskType)] = setting("diskType", "gp3", "EBS type of the volume.")
    disk_size_gb: Annotated[StrictInt, Control(Kind.INTEGER, "what the EBS type allows; gp3: 1 to 65536")] = setting(
        "diskSizeGB", 100, "Size of the volume.", unit="GiB"
    )
    ebs_mount_path: AbsolutePath = setting("ebsMountPath", "/mnt/mmab", "Where a job finds its volume.")
    custom_tags: Tags = setting("customTags", {}, "Tags put on each volume.")
    stor_clean_interval: Interval = setting(
        "storCleanIntvl", "24h", "Time from one clean-up of volumes and checkpoints to the next."
    )
    retention_policy: Annotated[RetentionPolicy, choice_control(RetentionPolicy)] = setting(
        "retentionPolicy", "time", "By what it is decided that something left behind may go."
    )
    retention_interval: Interval = setting("retentionInterval", "1h", "Time from one such decision to the next.")
    success_ttl: Age = setting("successTTL", "72h", "How long what a succeeded job leaves behind is kept.")
    failure_ttl: Age = setting("failureTTL", "168h", "How long what a failed job leaves behind is kept.")
