"""The page with what is in force in it, so that it comes with the page and not two questions later."""

from datetime import UTC, datetime

from dash.development.base_component import Component

from mmbatch_dash.domain.config import KEYS
from mmbatch_dash.pages.caller import may_change
from mmbatch_dash.pages.configuration.aws_state import build_state
from mmbatch_dash.pages.configuration.controls import value_prop
from mmbatch_dash.pages.configuration.ids import ConfigurationId as Id
from mmbatch_dash.pages.configuration.ids import box_id, field_id, note_id, row_id
from mmbatch_dash.pages.configuration.layout import layout
from mmbatch_dash.pages.configuration.opening import check_form, is_fixed, open_form
from mmbatch_dash.pages.configuration.watching import build_scope, watch
from mmbatch_dash.pages.filling import fill
from mmbatch_dash.pages.filters.view import parse_view
from mmbatch_dash.pages.page import Context
from mmbatch_dash.services import Services


def build_filled(services: Services, context: Context, search: str) -> Component:
    """The page as its callbacks would make it for a reader without a draft.

    Args:
        services: what is read.
        context: of the shell.
        search: the query string of the address.
    """
    zone = parse_view(search, datetime.now(UTC), context.defaults).selection.zone
    state, may, overrides = services.config.state(), may_change(), services.config.overrides
    opened = open_form(state, None)
    checked = check_form(state, opened.base, opened.form, overrides)
    standing, news, obedience, history, digests = watch(services, opened.version, "", zone, {}, may_change=may)
    return fill(
        layout(),
        {
            **{(field_id(name), value_prop(key)): opened.form[name] for name, key in KEYS.items()},
            **{(box_id(name), "disabled"): is_fixed(name, overrides, may_change=may) for name in KEYS},
            **{(note_id(name), "children"): note for name, note in checked.notes.items()},
            **{(row_id(name), "className"): classes for name, classes in checked.classes.items()},
            (Id.OPENED, "data"): opened.as_data(),
            (Id.CHANGES, "data"): {**opened.as_data(), "values": {}},
            (Id.SCOPE, "children"): build_scope(services.config, may_change=may),
            (Id.STANDING, "children"): standing,
            (Id.NEWS, "children"): news,
            (Id.OBEDIENCE, "children"): obedience,
            (Id.HISTORY, "children"): history,
            (Id.DIGESTS, "data"): digests,
            (Id.AWS_STATE, "children"): build_state(services.sync.describe(), zone),
        },
    )
