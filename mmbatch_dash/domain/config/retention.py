"""Section `retention`: how long the server keeps what it was told."""

from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Kept


class Retention(Section):
    """Journal and jobs."""

    journal: Kept = setting(
        "journal",
        "forever",
        "How long events are kept as they came. Of older ones what they said stays, 64 MiB of the journal at a time.",
        ours=True,
    )
    jobs: Kept = setting(
        "jobs",
        "forever",
        "How long jobs are listed once they have ended. Older ones stay in the totals alone.",
        ours=True,
    )
