"""Components as plain HTML, for what is on the screen before any script runs, and for those who run none."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from dash.development.base_component import Component

_VOID = frozenset({"br", "hr", "img", "input", "col", "wbr"})
_NAMES = {"className": "class", "htmlFor": "for", "tabIndex": "tabindex", "colSpan": "colspan", "rowSpan": "rowspan"}
_NAMES |= {"dateTime": "datetime", "autoComplete": "autocomplete"}
_TAKEN = frozenset({"id", "class", "for", "href", "title", "role", "scope", "hidden", "colspan", "rowspan", "datetime"})
_TAKEN |= {"tabindex", "download", "open"}
_NAMING = frozenset({"id", "for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns"})
"""Attributes that hold ids."""

FIRST = "first-"
"""Before every id, for the parts that scripts draw have the ids themselves while this stands beside them."""


def render_markup(part: object) -> str:
    """The HTML of a component tree: elements as they are, links as anchors, charts and grids as their empty places.

    Styles, texts and hover texts are those Dash shows; nothing works yet that needs a script. Ids begin with `FIRST`,
    and what names a part by its id names it so too.
    """
    return "".join(_render(part))


def _render(part: object) -> Iterator[str]:
    if part is None or isinstance(part, bool):
        return
    if isinstance(part, list | tuple):
        for item in part:
            yield from _render(item)
    elif isinstance(part, Component):
        yield from _render_component(part)
    else:
        yield escape(str(part), quote=False)


def _render_component(part: Component) -> Iterator[str]:
    wire = part.to_plotly_json()
    given, library, kind = wire["props"], wire["namespace"], wire["type"]
    if library == "dash_html_components":
        yield from _element(kind.lower(), given)
    elif (library, kind) == ("dash_core_components", "Link"):
        yield from _element("a", given)
    elif (library, kind) == ("dash_core_components", "Graph"):
        yield from _element("div", {"className": "dash-graph chart"})
    elif (library, kind) == ("dash_core_components", "Dropdown"):
        name = escape(str(given.get("placeholder", "")))
        yield f'<select class="form-select filter-select" aria-label="{name}"><option>{name}</option></select>'
    elif library == "dash_bootstrap_components":
        yield from _render_control(kind, given)


def _render_control(kind: str, given: Mapping[str, Any]) -> Iterator[str]:
    look = escape(str(given.get("class_name", "")))
    label = "".join(_attributes({"id": given.get("id")}))
    if kind == "Select":
        chosen = [one["label"] for one in given.get("options", ()) if one["value"] == given.get("value")]
        options = "".join(f"<option>{escape(text)}</option>" for text in chosen)
        yield f'<select{label} class="form-select {look}">{options}</select>'
    elif kind == "Input":
        shown = " ".join(f'{name}="{escape(str(given[name]))}"' for name in ("value", "placeholder") if given.get(name))
        yield f'<input{label} class="form-control {look}" {shown} readonly>'


def _element(tag: str, given: Mapping[str, Any]) -> Iterator[str]:
    yield f"<{tag}{''.join(_attributes(given))}>"
    if tag not in _VOID:
        yield from _render(given.get("children"))
        yield f"</{tag}>"


def _attributes(given: Mapping[str, Any]) -> Iterator[str]:
    for prop, value in given.items():
        name = _NAMES.get(prop, prop)
        if value is None or value is False or not (name in _TAKEN or name.startswith(("aria-", "data-"))):
            if prop == "style" and isinstance(value, Mapping):
                yield f' style="{escape("; ".join(f"{_css(key)}: {text}" for key, text in value.items()))}"'
            continue
        yield f" {name}" if value is True else f' {name}="{escape(_name_first(name, str(value)))}"'


def _name_first(name: str, value: str) -> str:
    if name in _NAMING:
        return " ".join(FIRST + one for one in value.split())
    return f"#{FIRST}{value[1:]}" if name == "href" and value.startswith("#") else value


def _css(name: str) -> str:
    return name if name.startswith("--") else "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
