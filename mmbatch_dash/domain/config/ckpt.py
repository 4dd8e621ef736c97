"""Section `ckpt`: when and how the nodes take checkpoints."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import PlainSerializer, StrictStr

from mmbatch_dash.domain.config.controls import Control, Kind, choice_control, rule
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.forms import is_plain
from mmbatch_dash.domain.config.types import AbsolutePath, Interval, Paths, Switch
from mmbatch_dash.domain.durations import Duration


class CkptMode(StrEnum):
    """Whether checkpoints are taken."""

    ITERATIVE = "iterative"
    NONE = "none"


class QueueCkpt(Section):
    """What one queue has in place of the global values; what is left out stays global."""

    mode: CkptMode | None = setting("ckptMode", None, "Whether jobs of this queue are checkpointed.")
    interval: Interval | None = setting("ckptInterval", None, "Time from one checkpoint to the next in this queue.")


def _plain(queues: dict[str, QueueCkpt]) -> dict[str, Any]:
    return {name: queue.model_dump(mode="json", by_alias=True, exclude_none=True) for name, queue in queues.items()}


Queues = Annotated[
    dict[Annotated[StrictStr, rule(is_plain, "must be the name of a queue")], QueueCkpt],
    PlainSerializer(_plain, when_used="json"),
    Control(Kind.TREE, 'queue: {ckptMode, ckptInterval}, such as {"align": {"ckptInterval": "5m"}}'),
]


class Ckpt(Section):
    """Checkpointing of every job that does not say otherwise in its own environment."""

    mode: Annotated[CkptMode, choice_control(CkptMode)] = setting(
        "ckptMode",
        "iterative",
        "Takes checkpoints against Spot reclaims, or switches them off with none.",
        job_variable="MMC_CHECKPOINT_MODE",
    )
    interval: Interval = setting(
        "ckptInterval",
        "15m",
        "Time from one checkpoint of a job to the next. A reclaim gives 2 minutes, so more than that is advised.",
        job_variable="MMC_CHECKPOINT_INTERVAL",
    )
    image_path: AbsolutePath = setting(
        "ckptImagePath", "/mmc-checkpoint", "Folder for checkpoint images; all nodes must reach it."
    )
    files: Paths = setting("ckptFiles", [], "Further files to take into each checkpoint.")
    ir_map_scan_paths: Paths = setting(
        "IRMapScanPaths", [], "Folders searched for files that a job watches, so that the watches can be restored."
    )
    on_sig_term: Switch = setting("ckptOnSigTerm", False, "Takes a checkpoint when a job is told to end.")
    diagnosis_mode: Switch = setting(
        "diagnosisMode",
        False,
        "Writes detailed logs of checkpoints and restores.",
        job_variable="MMC_CHECKPOINT_DIAGNOSIS",
    )
    root_fs_diff: Switch = setting(
        "rootFSDiff", False, "Keeps what a job changed in its container's root file system with the checkpoint."
    )
    cloud_watch_mode: Switch = setting("cloudWatchMode", False, "Sends the nodes' checkpoint logs to CloudWatch.")
    tcp_close: Switch = setting("tcpClose", False, "Closes open TCP connections of a job when it is restored.")
    queues: Queues = setting(
        "queues", {}, "Queues with a mode or interval of their own, for nodes that ask for their queue.", ours=True
    )

    def for_queue(self, queue: str) -> tuple[CkptMode, Duration]:
        """Mode and interval that hold for the jobs of a queue."""
        own = self.queues.get(queue, QueueCkpt())
        return own.mode or self.mode, own.interval or self.interval


LEAST_ADVISED_INTERVAL = Duration(2 * 60 * 10**9)
"""The reclaim window: what EC2 gives a spot instance between notice and end."""
