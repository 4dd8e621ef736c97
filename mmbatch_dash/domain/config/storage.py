"""Section `storage`: the disk under the data directory."""

from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Count


class Storage(Section):
    """Room that is kept free."""

    reserve_mb: Count = setting(
        "reserveMB",
        256,
        "Room kept free for everything but events, at most a tenth of the file system; below it events get 503.",
        unit="MB",
        ours=True,
    )
