"""The story's metadata service, for as long as a test needs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmbatch_dash.commands.story.metadata import MISSING, MetadataService

__all__ = ["MISSING", "MetadataService", "serving"]


@contextmanager
def serving(instance_id: str) -> Iterator[MetadataService]:
    """One instance's service."""
    service = MetadataService(instance_id)
    try:
        yield service
    finally:
        service.close()
