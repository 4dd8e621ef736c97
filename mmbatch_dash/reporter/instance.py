"""What the instance says of itself: IMDSv2, and the ECS container metadata where there is one."""

import json
import os
from http.client import HTTPConnection, HTTPException
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from mmbatch_dash.reporter import names

LINK_LOCAL = "http://169.254.169.254"
TOKEN_SECONDS = 21600
TIMEOUT_SECONDS = 1.0
LARGEST_ANSWER = 65536
MISSING, REFUSED = 404, 401

Notice = Tuple[str, str, Optional[str]]
"""Kind (interruption, rebalance), action, and when it falls due."""


class Instance(NamedTuple):
    """Facts of the machine, in the words of the events; unknown ones are left out."""

    facts: Mapping[str, Any]

    @property
    def instance_id(self) -> Optional[str]:
        """The EC2 instance id, if known."""
        return self.facts.get("instance_id")


class Imds:
    """The instance metadata service, version 2. Every answer may be missing, broken or late; none of it raises."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        said = environment.get(names.IMDS, "").strip()
        self.address = None if said.lower() == "off" else urlsplit(said or LINK_LOCAL)
        self._token: Optional[str] = None
        self._answers = True

    def read_instance(self) -> Instance:
        """Who this machine is; empty facts where the service does not answer."""
        if self.address is None:
            return Instance({})
        self._answers = True
        document = _json(self._get("/latest/dynamic/instance-identity/document"))
        facts: Dict[str, Any] = {}
        wanted = (("instance_id", "instanceId", "instance-id"), ("instance_type", "instanceType", "instance-type"),
                  ("availability_zone", "availabilityZone", "placement/availability-zone"))  # fmt: skip
        for fact, key, path in wanted:
            value = document.get(key) or (self._get("/latest/meta-data/" + path) if document or not facts else None)
            if isinstance(value, str) and value and "<" not in value:
                facts[fact] = value.strip()
            elif fact == "instance_id":
                return Instance({})
        life = self._get("/latest/meta-data/instance-life-cycle")
        if life in ("spot", "on-demand"):
            facts["purchase_option"] = life
        if isinstance(document.get("pendingTime"), str):
            facts["instance_launched_at"] = document["pendingTime"]
        return Instance(facts)

    def read_notice(self) -> Optional[Notice]:
        """The interruption that stands, else the rebalance recommendation, else None."""
        if self.address is None:
            return None
        self._answers = True
        action = _json(self._get("/latest/meta-data/spot/instance-action"))
        if isinstance(action.get("action"), str):
            due = action.get("time")
            return "interruption", action["action"], due if isinstance(due, str) else None
        rebalance = _json(self._get("/latest/meta-data/events/recommendations/rebalance"))
        if isinstance(rebalance.get("noticeTime"), str):
            return "rebalance", "rebalance", rebalance["noticeTime"]
        return None

    def _get(self, path: str) -> Optional[str]:
        for _ in range(2 if self._answers else 0):
            if self._token is None:
                status, text = self._ask("PUT", "/latest/api/token", {
                    "X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)})  # fmt: skip
                if status != 200:
                    return None
                self._token = text.strip()
            status, text = self._ask("GET", path, {"X-aws-ec2-metadata-token": self._token})
            if status == REFUSED:
                self._token = None
                continue
            return text if status == 200 else None
        return None

    def _ask(self, method: str, path: str, headers: Mapping[str, str]) -> Tuple[int, str]:
        address = self.address
        if address is None:
            return 0, ""
        connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST_ANSWER).decode("utf-8", "replace")
        except (OSError, HTTPException, ValueError):
            self._answers = False  # off EC2 nobody listens there: one look is patience enough
            return 0, ""
        finally:
            connection.close()


def read_container(environment: Mapping[str, str]) -> Dict[str, Any]:
    """`container_id` and, where the metadata file says it, the container instance ARN; empty outside ECS."""
    facts: Dict[str, Any] = {}
    address = urlsplit(environment.get("ECS_CONTAINER_METADATA_URI_V4", ""))
    if address.scheme == "http" and address.hostname:
        connection = HTTPConnection(address.hostname, address.port or 80, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", address.path or "/")
            told = _json(connection.getresponse().read(LARGEST_ANSWER).decode("utf-8", "replace"))
        except (OSError, HTTPException, ValueError):
            told = {}
        finally:
            connection.close()
        if isinstance(told.get("DockerId"), str):
            facts["container_id"] = told["DockerId"]
        if isinstance(told.get("LogOptions"), dict) and isinstance(told["LogOptions"].get("awslogs-stream"), str):
            facts["log_stream"] = told["LogOptions"]["awslogs-stream"]
    path = environment.get("ECS_CONTAINER_METADATA_FILE")
    if path and os.path.isfile(path):
        try:
            with open(path, encoding="utf-8") as file:
                told = _json(file.read(LARGEST_ANSWER))
        except OSError:
            told = {}
        if isinstance(told.get("ContainerInstanceARN"), str):
            facts["container_instance_arn"] = told["ContainerInstanceARN"]
        if isinstance(told.get("ContainerID"), str):
            facts.setdefault("container_id", told["ContainerID"])
    return facts


def _json(text: Optional[str]) -> Dict[str, Any]:
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
