"""Putting what is in force, and a draft kept by the browser, into the form; and saying what its values are worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.config import KEYS
from mmbatch_dash.pages.configuration.fields import build_note
from mmbatch_dash.pages.configuration.form import Form, changed, check, form_of, form_value, shown_held
from mmbatch_dash.store.config.overrides import Override
from mmbatch_dash.store.config.state import State


@dataclass(frozen=True, slots=True)
class Opened:
    """A form as it opens.

    Attributes:
        version: the configuration it was made from.
        base: what controls held for that configuration.
        form: what controls hold now; differs from base by a draft.
    """

    version: int
    base: Form
    form: Form

    def as_data(self) -> dict[str, Any]:
        """What the browser keeps of it."""
        return {"version": self.version, "base": dict(self.base)}


def open_form(state: State, draft: Mapping[str, Any] | None) -> Opened:
    """The form of the configuration in force, or of the one a draft was begun on, with the draft's changes."""
    now = form_of(state.config)
    if not draft or not draft.get("values"):
        return Opened(state.version, now, now)
    begun = {name: value for name, value in draft["base"].items() if name in now}
    base = {**now, **begun}
    values = {name: value for name, value in draft["values"].items() if name in now}
    return Opened(int(draft["version"]), base, {**base, **values})


@dataclass(frozen=True, slots=True)
class Checked:
    """What a form's values are worth.

    Attributes:
        values: key → what a control holds that was changed.
        notes: key → what is said below its control.
        classes: key → the classes of its row.
        problems: how many keys are wrong.
    """

    values: Form
    notes: Mapping[str, list[Component]]
    classes: Mapping[str, str]
    problems: int


def check_form(state: State, base: Form, form: Form, overrides: Mapping[str, Override]) -> Checked:
    """What each control's value is worth, were the changes saved now."""
    values = changed(form, base)
    wrong, doubtful = check(state.config, values)
    # A rule between keys may speak of one that is not on the page's own change list.
    notes = {
        name: build_note(
            name,
            held=form[name],
            was=shown_held(name, base[name]) if name in values else None,
            problem=wrong.get(name),
            warning=doubtful.get(name),
            variable=overrides[name].variable if name in overrides else "",
        )
        for name in KEYS
    }
    classes = {
        name: _classes(
            changed=name in values,
            wrong=name in wrong,
            overridden=name in overrides,
            differing=not key.marks.fixed and form[name] != form_value(key, key.default),
        )
        for name, key in KEYS.items()
    }
    return Checked(values, notes, classes, len(wrong))


def build_count(checked: Checked) -> list[Component]:
    """How many changes wait, and what keeps them from being saved."""
    count = len(checked.values)
    parts: list[Component] = [html.Strong(f"{count} unsaved {'change' if count == 1 else 'changes'}")]
    if checked.problems:
        word = "value is" if checked.problems == 1 else "values are"
        parts.append(html.Span(f"{checked.problems} {word} not valid", className="configuration-wrong"))
    else:
        parts.append(html.Span("kept in this tab until saved or discarded", className="configuration-words"))
    return parts


def is_fixed(name: str, overrides: Mapping[str, Override], *, may_change: bool) -> bool:
    """Whether a key's control is only to be looked at."""
    return not may_change or KEYS[name].marks.fixed or name in overrides


def _classes(**marks: bool) -> str:
    return " ".join(["configuration-field", *(f"is-{name}" for name, holds in marks.items() if holds)])
