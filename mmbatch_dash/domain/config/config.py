"""The whole configuration: one tree of sections, as config.yaml and the API show it."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, StrictStr

from mmbatch_dash.domain.config.alerts import Alerts, Budgets
from mmbatch_dash.domain.config.audit import Audit
from mmbatch_dash.domain.config.aws import Aws
from mmbatch_dash.domain.config.ckpt import Ckpt
from mmbatch_dash.domain.config.cluster import Cluster
from mmbatch_dash.domain.config.controls import Control, Kind, rule
from mmbatch_dash.domain.config.dashboard import Dashboard
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.forms import is_address
from mmbatch_dash.domain.config.ingest import Ingest
from mmbatch_dash.domain.config.job import Job
from mmbatch_dash.domain.config.log import Log
from mmbatch_dash.domain.config.node import Node
from mmbatch_dash.domain.config.pricing import Pricing
from mmbatch_dash.domain.config.retention import Retention
from mmbatch_dash.domain.config.security import Security
from mmbatch_dash.domain.config.storage import Storage
from mmbatch_dash.domain.config.types import Uuid

Address = Annotated[
    StrictStr,
    rule(is_address, "must be http:// or https://, a host and a port, such as http://127.0.0.1:8080"),
    Control(Kind.TEXT, "http:// or https://, a host and a port"),
]
NO_ID = "00000000-0000-0000-0000-000000000000"


class Config(Section):
    """Everything that can be configured. `parse_config` makes one; it also checks what spans several keys."""

    addr: Address = setting("addr", "http://127.0.0.1:8080", "Where the server listens.", restart=True)
    id: Uuid = setting("id", NO_ID, "Names this server; made on first start.", fixed=True)
    budgets: Budgets = setting(
        "budgets", {}, "What may be spent in a month, of a queue, user, definition or tag, or of all.", ours=True
    )
    security: Security = Field(default_factory=Security, alias="security", description="Certificate and login.")
    ckpt: Ckpt = Field(default_factory=Ckpt, alias="ckpt", description="Checkpoints.")
    node: Node = Field(default_factory=Node, alias="node", description="Worker nodes.")
    job: Job = Field(default_factory=Job, alias="job", description="Job EBS volume and what jobs leave behind.")
    log: Log = Field(default_factory=Log, alias="log", description="The server's own logs.")
    alerts: Alerts = Field(default_factory=Alerts, alias="alerts", description="What is watched, and who is told.")
    audit: Audit = Field(default_factory=Audit, alias="audit", description="The audit log.")
    dashboard: Dashboard = Field(default_factory=Dashboard, alias="dashboard", description="Pages.")
    pricing: Pricing = Field(default_factory=Pricing, alias="pricing", description="Rates and attribution.")
    aws: Aws = Field(default_factory=Aws, alias="aws", description="AWS as a source.")
    ingest: Ingest = Field(default_factory=Ingest, alias="ingest", description="Limits of what comes in.")
    storage: Storage = Field(default_factory=Storage, alias="storage", description="The disk under the data.")
    retention: Retention = Field(default_factory=Retention, alias="retention", description="How long data are kept.")

    cluster: Cluster = Field(default_factory=Cluster, alias="cluster", description="What several servers share.")

    @property
    def host(self) -> str:
        """The host of `addr`."""
        return urlsplit(self.addr).hostname or ""

    @property
    def port(self) -> int:
        """The port of `addr`."""
        return urlsplit(self.addr).port or 0

    @property
    def https(self) -> bool:
        """Whether `addr` asks for TLS."""
        return urlsplit(self.addr).scheme == "https"

    def as_json(self) -> dict[str, Any]:
        """The tree as YAML and JSON have it: published names, durations as Go prints them."""
        return self.model_dump(mode="json", by_alias=True)
