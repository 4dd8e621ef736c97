"""AWS as a source: asking it, what came of that, and when it is asked again."""

from mmbatch_dash.services.aws.state import AccountState, SyncState
from mmbatch_dash.services.aws.sync import AwsSync

__all__ = ["AccountState", "AwsSync", "SyncState"]
