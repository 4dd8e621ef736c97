"""Room kept free on the disk: below it no event is accepted, so that everything else goes on."""

import os
import time
from collections.abc import Callable
from pathlib import Path

MEGABYTE = 1024 * 1024
MOST_SHARE = 0.1
"""Of a small file system no more than this is kept free."""
LOOK_SECONDS = 1.0
PLENTY_BYTES = 256 * MEGABYTE
"""More than can be written between two looks: with less than this above the reserve every write looks for itself."""

LOW = (
    "The disk of {folder} has {free:,} MB left, and {reserve:,} MB are kept free for everything but events "
    "(storage.reserveMB). Nothing was stored; make room, and it goes on by itself."
)


class Reserve:
    """The room left on the file system of a folder, looked at once a second while there is plenty."""

    def __init__(self, folder: Path, megabytes: Callable[[], int]) -> None:
        """Watches the disk of a folder; `megabytes` says how much is to stay free."""
        self._folder = folder
        self._megabytes = megabytes
        self._look_at = float("-inf")
        self._shortage: str | None = None

    def reserve_bytes(self) -> int:
        """How much is to stay free."""
        disk = os.statvfs(self._folder)
        return self._of(disk)

    def spare_bytes(self) -> int:
        """How much may be written before no event is accepted any more; 0 where that is so."""
        disk = os.statvfs(self._folder)
        return max(0, disk.f_bavail * disk.f_frsize - self._of(disk))

    def shortage(self) -> str | None:
        """Why no event is accepted, or None."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now
            self._shortage = self._look(now)
        return self._shortage

    def _of(self, disk: os.statvfs_result) -> int:
        return min(self._megabytes() * MEGABYTE, int(disk.f_blocks * disk.f_frsize * MOST_SHARE))

    def _look(self, now: float) -> str | None:
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            return None  # who writes finds out why
        free = disk.f_bavail * disk.f_frsize
        reserve = self._of(disk)
        if free >= reserve + PLENTY_BYTES:
            self._look_at = now + LOOK_SECONDS
        if free >= reserve:
            return None
        return LOW.format(folder=self._folder, free=free // MEGABYTE, reserve=reserve // MEGABYTE)
