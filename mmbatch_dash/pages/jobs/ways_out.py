"""Links from a job's page to its log files, and to where AWS has more of it."""

import re
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from mmbatch_dash.store.queries.rows import Row

_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")
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
    console = f"https://{region}.console.aws.amazon.com"
    batch = f"{console}/batch/home?region={region}#jobs/detail/{quote(str(job['job_id']), safe='')}"
    logs = f"{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob"
    ways = (("AWS Batch console", batch), ("CloudWatch logs of Batch jobs", logs))
    return [html.A(label, href=href, target="_blank", rel="noopener noreferrer") for label, href in ways]
