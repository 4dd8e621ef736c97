"""What the simulated fleet is made of: instance types, queues and habits. Shapes and shares only, no randomness."""

from pydantic import BaseModel, ConfigDict, Field

Share = float


class Shape(BaseModel):
    """Base of the scenario's parts: fixed once made, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InstanceShape(Shape):
    """One EC2 instance type as the fleet sees it.

    Attributes:
        on_demand_usd: Linux on-demand price per hour; None leaves the type without any price.
        spot_ratio: mean spot price as a share of on-demand.
        reclaims_per_hour: how often EC2 takes one back when nothing special happens.
        priced_from_day: the day of the month from which spot prices are observed.
    """

    name: str
    vcpus: int
    memory_gib: int
    on_demand_usd: float | None
    gpus: int = 0
    spot_ratio: Share = 0.38
    reclaims_per_hour: float = 0.05
    priced_from_day: int = 0


class QueueShape(Shape):
    """One queue and the jobs that come to it.

    Attributes:
        weight: share of jobs, relative to the other queues.
        median_minutes, spread: work of a job, lognormal with this sigma.
        vcpus: sizes asked for, all as likely.
        memory_gib_per_vcpu: memory asked for.
        on_demand, unknown_option: shares of placements bought on-demand, or not known how.
        checkpointed: share of jobs under checkpoint protection.
        failing: share that fails by itself.
        arrays: share of submissions that are array jobs.
    """

    name: str
    weight: float
    instance_types: tuple[str, ...]
    users: tuple[str, ...]
    team: str
    projects: tuple[str, ...]
    median_minutes: float
    spread: float = 0.9
    vcpus: tuple[float, ...] = (4.0, 8.0)
    memory_gib_per_vcpu: float = 4.0
    gpus: int = 0
    on_demand: Share = 0.06
    unknown_option: Share = 0.02
    checkpointed: Share = 0.85
    failing: Share = 0.04
    arrays: Share = 0.03


class Scenario(Shape):
    """A month in the life of a fleet.

    Attributes:
        hour_weights: how busy each hour of the day is (UTC); weekends are multiplied by `weekend`.
        bursts_per_zone_day: how likely a wave of reclaims hits one zone on one day.
        burst_hit: share of a zone's instances taken in such a wave.
        checkpoint_minutes: interval between checkpoints.
        seconds_per_gib: time to write or read one GiB of a job's memory.
        silent_loss: share of reclaims the agent does not live to report as such.
        unannounced: share of interruptions that no notice came before: hardware, not EC2's need of capacity.
        reported_price: share of placements whose agent knows its price.
    """

    days: int = Field(30, ge=1)
    jobs: int = Field(2_500, ge=1)
    region: str = "us-east-1"
    zones: tuple[str, ...] = ("us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d")
    instance_types: tuple[InstanceShape, ...]
    queues: tuple[QueueShape, ...]
    hour_weights: tuple[float, ...] = Field(min_length=24, max_length=24)
    weekend: float = 0.3
    price_hours: float = 6.0
    bursts_per_zone_day: Share = 0.25
    burst_hit: Share = 0.55
    burst_minutes: float = 40.0
    checkpoint_minutes: float = Field(15.0, gt=0)
    seconds_per_gib: float = 0.6
    failed_checkpoint: Share = 0.03
    failed_restore: Share = 0.07
    silent_loss: Share = 0.08
    unannounced: Share = 0.06
    rebalance_notice: Share = 0.3
    cancelled: Share = 0.015
    retried_failure: Share = 0.3
    reported_price: Share = 0.2
    usage: Share = 0.7
    wait_minutes: float = 4.0
    max_attempts: int = Field(8, ge=1)

    def hurried(self) -> "Scenario":
        """The same fleet with short jobs, frequent checkpoints and reclaims, so that a watcher sees it move."""
        queues = tuple(queue.model_copy(update={"median_minutes": 12.0, "spread": 0.5}) for queue in self.queues)
        types = tuple(shape.model_copy(update={"reclaims_per_hour": 2.0}) for shape in self.instance_types)
        changes = {"checkpoint_minutes": 2.0, "wait_minutes": 0.7, "weekend": 1.0, "hour_weights": (1.0,) * 24}
        return self.model_copy(update={"queues": queues, "instance_types": types, **changes})


DEFAULT_SCENARIO = Scenario(
    hour_weights=(1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 10, 9, 11, 12, 12, 10, 8, 6, 5, 4, 3, 2, 1),
    instance_types=(
        InstanceShape(name="c6i.4xlarge", vcpus=16, memory_gib=32, on_demand_usd=0.68, spot_ratio=0.41),
        InstanceShape(name="c5.9xlarge", vcpus=36, memory_gib=72, on_demand_usd=1.53, reclaims_per_hour=0.11),
        InstanceShape(name="m5.2xlarge", vcpus=8, memory_gib=32, on_demand_usd=0.384, spot_ratio=0.44),
        InstanceShape(name="m6i.8xlarge", vcpus=32, memory_gib=128, on_demand_usd=1.536, spot_ratio=0.36),
        InstanceShape(name="r6i.4xlarge", vcpus=16, memory_gib=128, on_demand_usd=1.008, spot_ratio=0.33),
        InstanceShape(name="r5.8xlarge", vcpus=32, memory_gib=256, on_demand_usd=2.016, priced_from_day=4),
        InstanceShape(name="m7a.4xlarge", vcpus=16, memory_gib=64, on_demand_usd=None),
        InstanceShape(name="g4dn.2xlarge", vcpus=8, memory_gib=32, gpus=1, on_demand_usd=0.752, reclaims_per_hour=0.12),
        InstanceShape(name="g5.2xlarge", vcpus=8, memory_gib=32, gpus=1, on_demand_usd=1.212, reclaims_per_hour=0.15),
    ),
    queues=(
        QueueShape(
            name="align",
            weight=30,
            instance_types=("c6i.4xlarge", "c5.9xlarge", "m6i.8xlarge"),
            users=("mara", "tomas", "svc-pipeline"),
            team="genomics",
            projects=("wgs-2026", "exome-panel"),
            median_minutes=70,
            vcpus=(8.0, 16.0),
            memory_gib_per_vcpu=2.0,
        ),
        QueueShape(
            name="call-variants",
            weight=22,
            instance_types=("r6i.4xlarge", "m6i.8xlarge", "m7a.4xlarge"),
            users=("mara", "ines", "svc-pipeline"),
            team="genomics",
            projects=("wgs-2026", "rare-disease"),
            median_minutes=100,
            spread=1.0,
            vcpus=(4.0, 8.0, 16.0),
        ),
        QueueShape(
            name="qc",
            weight=34,
            instance_types=("m5.2xlarge",),
            users=("svc-pipeline", "jonas"),
            team="data-quality",
            projects=("wgs-2026", "exome-panel", "rna-atlas"),
            median_minutes=9,
            spread=0.7,
            vcpus=(1.0, 2.0, 2.0, 0.5),
            checkpointed=0.1,
            arrays=0.12,
        ),
        QueueShape(
            name="joint-genotype",
            weight=5,
            instance_types=("r5.8xlarge", "r6i.4xlarge"),
            users=("ines",),
            team="genomics",
            projects=("rare-disease",),
            median_minutes=320,
            spread=0.8,
            vcpus=(16.0,),
            memory_gib_per_vcpu=7.0,
            checkpointed=0.97,
        ),
        QueueShape(
            name="gpu-fold",
            weight=9,
            instance_types=("g5.2xlarge", "g4dn.2xlarge"),
            users=("akira", "lena"),
            team="structure",
            projects=("fold-screen", "antibody"),
            median_minutes=150,
            vcpus=(8.0,),
            memory_gib_per_vcpu=3.5,
            gpus=1,
            on_demand=0.15,
            checkpointed=0.7,
            failing=0.08,
        ),
    ),
)
