"""The event types as a table of the docs, which a test holds in step with the catalogue."""

from mmbatch_dash.domain.events.catalog import EVENT_TYPES, EventType


def render_event_types() -> str:
    """The table in Markdown, one row a type; required fields carry a star."""
    rows = [
        f"| `{event_type.name}` | {event_type.meaning} | {_fields(event_type)} |" for event_type in EVENT_TYPES.values()
    ]
    return "\n".join(["| type | says | fields of `data` |", "|---|---|---|", *rows])


def _fields(event_type: EventType) -> str:
    return ", ".join(f"`{name}`\\*" if required else f"`{name}`" for name, required in event_type.fields.items())
