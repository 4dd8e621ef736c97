"""Native events: the CloudEvents types of events.md section 2 and the facts they state."""

from mmbatch_dash.domain.events.catalog import EVENT_TYPES, EventType, read_data

__all__ = ["EVENT_TYPES", "EventType", "read_data"]
