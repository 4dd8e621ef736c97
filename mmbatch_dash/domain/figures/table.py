"""The figures as a table of the docs, which a test holds in step with the declarations."""

from mmbatch_dash.domain.figures.declared import HEADLINE_COUNTS, PER_JOB
from mmbatch_dash.domain.figures.figure import Count, Figure


def render_figures() -> str:
    """The table in Markdown, one row a figure."""
    figures: list[Figure | Count] = [*HEADLINE_COUNTS, *PER_JOB]
    rows = [
        f"| **{figure.label}** `{figure.name}` | {figure.definition} | {figure.formula} | {figure.applies_to} "
        f"| {figure.unknown_when} |"
        for figure in figures
    ]
    return "\n".join(
        ["| figure | what it says | per job | applies to | unknown when |", "|---|---|---|---|---|", *rows]
    )
