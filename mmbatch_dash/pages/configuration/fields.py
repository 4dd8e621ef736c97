"""One key as a row of the form: name and words at the left, control at the right, what is said about it below."""

import json

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.config import KEYS, Key, Problem
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.pages.configuration.controls import build_control, value_prop
from mmbatch_dash.pages.configuration.form import form_value, shown
from mmbatch_dash.pages.configuration.ids import box_id, field_id, note_id, row_id
from mmbatch_dash.pages.configuration.sections import TITLES
from mmbatch_dash.store.config.overrides import PREFIX


def build_field(name: str) -> Component:
    """The row of a key."""
    key = KEYS[name]
    words = [html.P(key.description, className="configuration-words")]
    if key.valid and key.kind is not Kind.CHOICE:
        words.append(html.P(f"Valid: {key.valid}.", className="configuration-valid"))
    words += [html.P(text, className="configuration-mark") for text in _marks(key)]
    # A switch carries its label itself, and rows of a map have one each.
    own = key.kind in (Kind.BOOL, Kind.MAP)
    title = TITLES[name]
    code = html.Code(name, className="configuration-key")
    heading = html.Span(title) if own else html.Label(title, htmlFor=field_id(name))
    return html.Div(
        [
            html.Div(
                [
                    html.Div([heading, code], className="configuration-name"),
                    *words,
                ],
                className="configuration-about",
            ),
            html.Div(
                [
                    html.Fieldset(
                        [html.Legend(title, className="visually-hidden"), build_control(key)],
                        id=box_id(name),
                        className="configuration-box",
                    ),
                    html.Div(id=note_id(name), className="configuration-note", **{"aria-live": "polite"}),
                ],
                className="configuration-edit",
            ),
        ],
        id=row_id(name),
        className="configuration-field",
    )


def build_note(
    name: str, *, held: object, was: object, problem: Problem | None, warning: Problem | None, variable: str
) -> list[Component]:
    """What is said about a value: wrong, doubtful, changed, the default, and whether it differs from it.

    Args:
        name: of the key.
        held: by the control now.
        was: held when the form was opened, if that meant something else; None if not.
        problem: what is wrong.
        warning: what is doubtful.
        variable: the environment variable that sets the key; empty where none does.
    """
    key = KEYS[name]
    parts: list[Component] = []
    if problem is not None:
        parts.append(html.P(problem.sentence, className="configuration-wrong", role="alert"))
    if warning is not None:
        parts.append(html.P(warning.sentence, className="configuration-doubt"))
    if variable:
        kind = "the environment variable " if variable.startswith(PREFIX) else ""
        text = [f"Set by {kind}", html.Code(variable), "; it cannot be changed here."]
        parts.append(html.P(text, className="configuration-fixed"))
    if key.marks.fixed:
        return parts
    line: list[Component | str] = []
    if was is not None:
        line.append(html.Span(f"Changed; was {was}", className="configuration-was"))
    default = form_value(key, key.default)
    differs = held != default
    line.append(html.Span(f"Default {shown(name, key.default)}" + ("; differs" if differs else "")))
    if differs and not variable:
        line.append(build_reset(key))
    return [*parts, html.P(line, className="configuration-state")]


def build_reset(key: Key) -> Component:
    """The button that puts the default into the control."""
    return html.Button(
        "Reset",
        type="button",
        className="configuration-reset",
        title="Puts the default into this field; nothing is saved yet",
        **{
            "data-reset": field_id(key.name),
            "data-reset-prop": value_prop(key),
            "data-reset-value": json.dumps(form_value(key, key.default)),
            "aria-label": f"Reset {TITLES[key.name]} to its default",
        },
    )


def _marks(key: Key) -> list[str]:
    marks = []
    if key.marks.job_variable:
        marks.append(f"{key.marks.job_variable} in a job's environment overrides this.")
    if key.marks.restart:
        marks.append("Takes effect at a restart.")
    if key.marks.fixed:
        marks.append("Made with the server; it never changes.")
    if key.marks.secret:
        marks.append("Its value is not shown to anybody.")
    return marks
