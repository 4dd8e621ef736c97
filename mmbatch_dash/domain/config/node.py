"""Section `node`: how worker nodes report, and how much log they keep."""

from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Count, Interval


class Node(Section):
    """Worker nodes."""

    heartbeat: Interval = setting("heartbeat", "30s", "Time from one heartbeat of a node to the next.")
    ttl: Interval = setting(
        "ttl", "5m", "A node that has been silent this long counts as gone; must be longer than the heartbeat."
    )
    max_per_log_size_mb: Count = setting(
        "maxPerLogSizeMB",
        2,
        "Size at which a node starts a new log file; of a longer one its last part is handed in here.",
        unit="MB",
    )
    max_node_log_total_mb: Count = setting(
        "maxNodeLogTotalMB", 1024, "Size of all logs of a node, there and here; the oldest go first.", unit="MB"
    )
    max_nodes: Count = setting(
        "maxNodes",
        10_000,
        "Most nodes that one token may speak for; a node belongs to the token that first named it.",
        unit="nodes",
        ours=True,
    )
    max_log_age: Interval = setting(
        "maxLogAge", "336h", "Log files that a node handed in longer ago are removed here.", ours=True
    )
    clean_log_interval: Interval = setting("cleanLogInterval", "12h", "Time from one clean-up of logs to the next.")
