"""The shapes of the MMBatch Management Server API."""
# ruff: noqa: N815 - the published keys

from pydantic import RootModel

from mmbatch_dash.api.models.shape import Count, Instant, Shape


class PublishedEvent(Shape):
    """One step of a job's life."""

    timestamp: Instant
    eventType: str
    nodeOid: str | None
    containerId: str | None
    batchJobId: str | None


class PublishedVolumeEvent(PublishedEvent):
    """What happened to a job's EBS volume; the key is spelled as the MMBatch server spells it."""

    volumnId: str | None


class PublishedJob(Shape):
    """One job."""

    id: str
    queueName: str | None
    createdAt: Instant | None
    updatedAt: Instant | None
    status: str
    nodeOid: str | None
    containerId: str | None
    spotProtCount: Count
    batchJobIds: list[str]
    volumeIds: list[str]
    events: list[PublishedEvent | PublishedVolumeEvent]


class PublishedInstance(Shape):
    """The EC2 instance of a node."""

    zone: str | None
    instanceId: str | None
    instanceType: str | None
    region: str | None
    createTime: Instant | None
    payType: str | None


class PublishedNode(Shape):
    """One node."""

    id: str
    ips: list[str]
    hostName: str | None
    cloud: str | None
    arch: str | None
    cores: float | None
    cpuModel: str | None
    cpuVendor: str | None
    memoryInMB: float | None
    instance: PublishedInstance
    lastHeartbeat: Instant | None


class PublishedJobs(RootModel[list[PublishedJob]]):
    """The selected jobs."""


class PublishedNodes(RootModel[list[PublishedNode]]):
    """The selected nodes."""


class Point(Shape):
    """A value at an hour."""

    time: Instant
    value: float


class MetricDefinition(Shape):
    """What a series counts."""

    id: str
    description: str
    labels: list[str]


class MetricObject(Shape):
    """Whose series it is."""

    id: str
    type: str
    name: str


class MetricLevel(Shape):
    """How finely, and how far back."""

    interval: str
    retention: str


class MetricSeries(Shape):
    """One series there is."""

    name: str
    id: str
    definition: MetricDefinition
    object: MetricObject
    levels: list[MetricLevel]


class MetricValues(Shape):
    """Points of one series, in order."""

    id: str
    points: list[Point]
    metaData: dict[str, str]


class PointQueue(Shape):
    """Whose value it is."""

    queueName: str | None


class HourPoint(Shape):
    """One hour of one queue."""

    id: str
    point: Point
    metaData: PointQueue


class HourSeries(Shape):
    """The four series."""

    jobSubmitted: list[HourPoint]
    runtime: list[HourPoint]
    spotProtection: list[HourPoint]
    timeSaved: list[HourPoint]


class PublishedHours(Shape):
    """One point an hour and queue."""

    items: HourSeries
