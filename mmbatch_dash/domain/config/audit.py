"""Section `audit`: how much room the audit log may take."""

from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Count


class Audit(Section):
    """Rotating files of who did what."""

    max_size_mb: Count = setting(
        "maxSizeMB", 50, "Size at which a new file of the audit log is started.", unit="MB", ours=True
    )
    max_backups: Count = setting(
        "maxBackups", 10, "Older files of the audit log that are kept.", unit="files", ours=True
    )
