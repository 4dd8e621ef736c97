"""The door for events: POST /api/v1/events (events.md section 1)."""

from mmbatch_dash.ingest.blueprint import build_blueprint
from mmbatch_dash.ingest.door import EventsDoor

__all__ = ["EventsDoor", "build_blueprint"]
