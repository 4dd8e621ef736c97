"""Backup and restore: everything a server cannot make again, kept elsewhere."""

from mmbatch_dash.services.backup.make import Made, make_backup
from mmbatch_dash.services.backup.restore import Restored, restore_backup

__all__ = ["Made", "Restored", "make_backup", "restore_backup"]
