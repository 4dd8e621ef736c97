"""From the changes of a form to a saved configuration: conflict, difference, consent, save."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dash import html
from dash.development.base_component import Component

from mmbatch_dash.domain.config import ConfigConflict, ConfigRefused
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.pages.configuration.conflict import Conflict, build_conflict, find_conflict
from mmbatch_dash.pages.configuration.difference import (
    build_consequences,
    build_difference,
    build_problems,
    build_reach,
)
from mmbatch_dash.pages.configuration.form import changes_of, form_of
from mmbatch_dash.services import Services
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.store import ConfigStore


@dataclass(frozen=True, slots=True)
class Dialog:
    """What the review dialog shows.

    Attributes:
        title: its heading.
        body: below it.
        plan: what a consent would save; None where there is nothing to consent to.
        asks_whose: whether it asks whose values to take.
        saved: the sentence to show once it is closed, because it is saved.
    """

    title: str
    body: list[Component] = field(default_factory=list)
    plan: dict[str, Any] | None = None
    asks_whose: bool = False
    saved: str = ""


def review(services: Services, draft: Mapping[str, Any], *, mine_goes: bool) -> Dialog:
    """The difference a save would make; what somebody else changed meanwhile comes first.

    Args:
        services: the configuration, and who obeys it.
        draft: version, base and changed values of the form.
        mine_goes: the reader saw the conflict and keeps their values.
    """
    store = services.config
    state = store.state()
    conflict = _conflict(store, draft) if state.version != draft["version"] else None
    if conflict is not None and conflict.touches and not mine_goes:
        return Dialog("Somebody else saved first", [build_conflict(conflict)], asks_whose=True)
    try:
        changes = changes_of(draft["values"])
        preview = store.preview(changes)
    except (ConfigRefused, StoreUnavailable) as error:
        return Dialog("Not valid", [build_problems(_sentences(error))])
    if not preview.diff:
        return Dialog("Nothing to save", [html.P("What is in force is already what this form says.")])
    body = [
        *([build_conflict(conflict)] if conflict is not None and conflict.rows else []),
        build_difference(preview.before, preview.after),
        *build_consequences(preview.diff, preview.warnings),
        build_reach(len(services.obedience.report().clients)),
    ]
    count = len(preview.diff)
    title = f"Save {count} {'change' if count == 1 else 'changes'}?"
    return Dialog(title, body, plan={"version": state.version, "changes": changes})


def save(store: ConfigStore, plan: Mapping[str, Any], who: str) -> Dialog:
    """Saves what was consented to, unless the configuration is another by now."""
    try:
        store.apply(plan["changes"], who=who, origin=Origin.PAGE, expected_version=plan["version"])
    except ConfigConflict as error:
        return Dialog("Somebody else saved first", [build_problems([str(error)])], asks_whose=True)
    except (ConfigRefused, StoreUnavailable) as error:
        return Dialog("Not saved", [build_problems(_sentences(error))])
    return Dialog("", saved=f"Saved as version {store.version}.")


def _conflict(store: ConfigStore, draft: Mapping[str, Any]) -> Conflict:
    state, last = store.state(), store.history()[0]
    return find_conflict(draft, draft["values"], form_of(state.config), state.version, last.who)


def _sentences(error: ConfigRefused | StoreUnavailable) -> list[str]:
    return error.sentences if isinstance(error, ConfigRefused) else [str(error)]
