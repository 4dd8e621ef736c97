"""The filters of the page of nodes: what a node is and when it was last heard of. Filters of jobs are not its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.development.base_component import Component

from mmbatch_dash.domain.choices import PurchaseOption
from mmbatch_dash.domain.filters import UNKNOWN
from mmbatch_dash.domain.selection import FILTERS, Selection
from mmbatch_dash.pages.filters.view import View
from mmbatch_dash.pages.nodes.ids import NodesId

ANY = ""
HEARD = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
"""Value of `heard` → how long ago a node may have been heard of last."""
_HEARD_WORDS = {"1h": "Within an hour", "24h": "Within 24 hours", "7d": "Within 7 days", "30d": "Within 30 days"}
READ = {"instance_type": NodesId.TYPE, "availability_zone": NodesId.ZONE}
"""Query parameter → its menu, of those whose values are read from the nodes."""
_OWN = {**READ, "purchase_option": NodesId.OPTION, "heard": NodesId.HEARD}
"""Query parameter → its control, in the order the clientside function is given them."""


def build_node_filters() -> Component:
    """The controls, still offering nothing that has to be read."""
    options = [{"label": one.value.capitalize(), "value": one.value} for one in PurchaseOption]
    unknown = {"label": "Unknown", "value": UNKNOWN}
    heard = [{"label": words, "value": key} for key, words in _HEARD_WORDS.items()]
    return html.Section(
        [
            _build_choice("Instance type", NodesId.TYPE, [{"label": "All", "value": ANY}]),
            _build_choice("Zone", NodesId.ZONE, [{"label": "All", "value": ANY}]),
            _build_choice("Purchase option", NodesId.OPTION, [{"label": "All", "value": ANY}, *options, unknown]),
            _build_choice("Heard of", NodesId.HEARD, [{"label": "At any time", "value": ANY}, *heard]),
        ],
        className="node-filters",
        **{"aria-label": "Filters"},
    )


def register_node_filters(app: Dash, location: str) -> None:
    """Wires the controls to the address, both ways, in the browser."""
    names = [control.value for control in _OWN.values()]
    app.clientside_callback(
        ClientsideFunction("mmbatch", "followNodes"),
        *(Output(name, "value") for name in names),
        Input(location, "search"),
        *(Input(name, "value") for name in names),
        State(NodesId.TYPE.value, "id"),
    )


def build_menus(known: Mapping[str, Sequence[str]], view: View) -> dict[str, list[dict[str, str]]]:
    """What each menu of READ offers: the values that nodes have, and what the address asks for beside them."""
    return {control.value: _build_menu(known[name], getattr(view.selection, name)) for name, control in READ.items()}


def _build_menu(known: Sequence[str], chosen: Sequence[str]) -> list[dict[str, str]]:
    offered = [*known, *(one for one in chosen if one not in known)]
    named = [{"label": "Unknown" if one == UNKNOWN else one, "value": one} for one in offered]
    return [{"label": "All", "value": ANY}, *named]


def select_nodes_of(view: View, now: datetime) -> Selection:
    """The selection of nodes that an address asks for; what it says of jobs, taken along from another page, is not."""
    of_jobs = [name for name, declared in FILTERS.items() if not declared.on_nodes and name != "q"]
    chosen = view.selection.without(*of_jobs, "from_at", "to_at", "basis")
    heard = HEARD.get(view.query.get("heard", [ANY])[-1])
    if heard is None:
        return chosen
    # Whole minutes, so that reloads ask the same again.
    return chosen.model_copy(update={"from_at": (now - heard).replace(second=0, microsecond=0)})


def _build_choice(label: str, name: NodesId, options: Sequence[dict[str, str]]) -> Component:
    return html.Div(
        [
            html.Label(label, htmlFor=name.value),
            # An empty value shows the placeholder, not the option that has it.
            dbc.Select(list(options), ANY, id=name.value, class_name="filter-select", placeholder=options[0]["label"]),
        ],
        className="node-filter",
    )
