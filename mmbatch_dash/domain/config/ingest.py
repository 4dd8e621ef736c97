"""Section `ingest`: how much one request may bring."""

from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.types import Count


class Ingest(Section):
    """Limits of POST /api/v1/events and POST /api/v1/import."""

    max_body_mb: Count = setting("maxBodyMB", 32, "Largest body of a request, unpacked.", unit="MB", ours=True)
    max_events_per_request: Count = setting(
        "maxEventsPerRequest", 50000, "Most events in one request.", unit="events", ours=True
    )
    max_import_mb: Count = setting("maxImportMB", 4096, "Largest body of an import.", unit="MB", ours=True)
