"""The panels of a job's page, built from one reading."""

from typing import Any

from mmbatch_dash.figures.timeline import build_timeline, describe_timeline, timeline_pixels
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.jobs.columns import Reading
from mmbatch_dash.pages.jobs.computed import build_figures
from mmbatch_dash.pages.jobs.facts import build_facts, build_family, build_head
from mmbatch_dash.pages.jobs.ids import JobId
from mmbatch_dash.pages.jobs.parts import build_attempts, build_checkpoints
from mmbatch_dash.services.jobs import JobDetail

PANELS: dict[str, str] = {
    **{
        part.value: "children"
        for part in (
            JobId.MISSING,
            JobId.HEAD,
            JobId.FACTS,
            JobId.FAMILY,
            JobId.TIMELINE_TEXT,
            JobId.FIGURES,
            JobId.ATTEMPTS,
            JobId.CHECKPOINTS,
        )
    },
    JobId.TIMELINE.value: "figure",
    JobId.TIMELINE_BOX.value: "style",
    JobId.BODY.value: "hidden",
}
"""Component id → the property that the page's callback sets."""


def build_panels(detail: JobDetail, view: View) -> dict[str, Any]:
    """The new property of every panel of PANELS.

    Args:
        detail: what was read.
        view: of the address: zone, and the filters to go back to.
    """
    zone = view.selection.zone
    reading = Reading(zone)
    figure = build_timeline(
        detail.job,
        detail.attempts,
        detail.checkpoints,
        detail.restores,
        detail.notices,
        as_of=detail.as_of,
        zone=zone,
    )
    panels = {
        JobId.MISSING: None,
        JobId.BODY: False,
        JobId.HEAD: build_head(detail, view),
        JobId.FACTS: build_facts(detail, reading),
        JobId.FAMILY: build_family(detail, view, reading),
        JobId.TIMELINE: figure,
        JobId.TIMELINE_BOX: {"height": timeline_pixels(len(detail.attempts))},
        JobId.TIMELINE_TEXT: describe_timeline(detail.attempts, detail.checkpoints, detail.restores),
        JobId.FIGURES: build_figures(detail, reading),
        JobId.ATTEMPTS: build_attempts(detail.attempts, reading),
        JobId.CHECKPOINTS: build_checkpoints(detail.checkpoints, detail.restores, reading),
    }
    return {str(name): panel for name, panel in panels.items()}
