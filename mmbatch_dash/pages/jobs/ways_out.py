"""Links from a job's page to where AWS has more of it."""

import re
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.store.queries.rows import Row

_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")
_BATCH_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:[:#]\d+)?")


def build_ways_out(job: Row) -> Component | None:
    """The Batch console and the logs of Batch jobs in the region the job ran in; None where that cannot be told.

    Args:
        job: its row; only ids as AWS Batch makes them are known there.
    """
    zone = _ZONE.fullmatch(str(job["availability_zone"] or ""))
    if zone is None or not _BATCH_ID.fullmatch(str(job["job_id"])):
        return None
    region = zone[1]
    console = f"https://{region}.console.aws.amazon.com"
    batch = f"{console}/batch/home?region={region}#jobs/detail/{quote(str(job['job_id']), safe='')}"
    logs = f"{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob"
    ways = (("AWS Batch console", batch), ("CloudWatch logs of Batch jobs", logs))
    links = [html.A(label, href=href, target="_blank", rel="noopener noreferrer") for label, href in ways]
    return html.P(links, className="ways-out")
