"""Links from a job's page to its log files, and to where AWS has more of it."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.store.queries.rows import Row

_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_GROUP = "/aws/batch/job"
"""Where Batch writes what jobs print, unless a job definition names another log group."""
_BATCH_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:[:#]\d+)?")


def build_ways_out(job: Row) -> Component:
    """Its log files here; the Batch console and the logs of Batch jobs there, where the region can be told.

    Args:
        job: its row; only ids as AWS Batch makes them are known there.
    """
    here = dcc.Link("Log files", href=f"/logs?job={quote(str(job['job_id']), safe='')}")
    return html.P([here, *_build_links_to_aws(job)], className="ways-out")


def _build_links_to_aws(job: Row) -> list[Component]:
    zone = _ZONE.fullmatch(str(job["availability_zone"] or ""))
    if zone is None or not _BATCH_ID.fullmatch(str(job["job_id"])):
        return []
    region = zone[1]
    batch = f"{_console(region)}/batch/home?region={region}#jobs/detail/{quote(str(job['job_id']), safe='')}"
    logs = _name_group(region, _GROUP)
    ways = (("AWS Batch console", batch), ("CloudWatch logs of Batch jobs", logs))
    return [html.A(label, href=href, target="_blank", rel="noopener noreferrer") for label, href in ways]


def build_log_links(event: object) -> list[Component]:
    """Links to the CloudWatch log streams that an event names, each once; none where it does not tell its region.

    Args:
        event: as it was received, or its text.
    """
    told = _parse(event)
    region = _find_region(told)
    if region is None:
        return []
    detail = told.get("detail")
    parts = [part for part in (told.get("data"), detail, told) if isinstance(part, Mapping)]
    streams = dict.fromkeys(stream for part in parts for stream in _find_streams(part))
    label = "CloudWatch log" if len(streams) == 1 else "CloudWatch log {}"
    return [
        html.A(
            label.format(place),
            href=f"{_name_group(region, group)}/log-events/{_twice_quoted(stream)}",
            title=stream,
            target="_blank",
            rel="noopener noreferrer",
        )
        for place, (group, stream) in enumerate(streams, start=1)
    ]


def _parse(event: object) -> Mapping[str, Any]:
    if isinstance(event, str):
        try:
            event = json.loads(event)
        except ValueError:
            return {}
    return event if isinstance(event, Mapping) else {}


def _find_streams(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Log group and stream of the job and of each of its attempts."""
    attempts = part.get("attempts")
    owners = [part, *(attempts if isinstance(attempts, list) else ())]
    containers = [owner.get("container") for owner in owners if isinstance(owner, Mapping)]
    found = [(_GROUP, part.get("log_stream"))]
    group = _GROUP
    for container in containers:
        if isinstance(container, Mapping):
            group = _read_group(container) or group
            found.append((group, container.get("logStreamName")))
    return [(group, stream) for group, stream in found if isinstance(stream, str) and stream]


def _read_group(container: Mapping[str, Any]) -> str | None:
    configured = container.get("logConfiguration")
    options = configured.get("options") if isinstance(configured, Mapping) else None
    named = options.get("awslogs-group") if isinstance(options, Mapping) else None
    return named if isinstance(named, str) and named else None


def _find_region(told: Mapping[str, Any]) -> str | None:
    data = told.get("data") if isinstance(told.get("data"), Mapping) else {}
    zone = _ZONE.fullmatch(str(data.get("availability_zone", ""))) if isinstance(data, Mapping) else None
    arn = str(told.get("jobArn", "")).split(":")
    named = [told.get("region"), arn[3] if len(arn) > 3 else None, zone[1] if zone else None]
    return next((str(one) for one in named if one and _REGION.fullmatch(str(one))), None)


def _console(region: str) -> str:
    return f"https://{region}.console.aws.amazon.com"


def _name_group(region: str, group: str) -> str:
    return f"{_console(region)}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{_twice_quoted(group)}"


def _twice_quoted(text: str) -> str:
    """As the console has it in its fragment: quoted, and the quotes quoted with a dollar sign."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
