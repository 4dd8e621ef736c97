"""Section `alerts`, and `budgets`: what is watched, and who is told of it."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, StrictFloat, StrictInt, StrictStr

from mmbatch_dash.domain.config.controls import Control, Kind, choice_control, refuse, rule
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.forms import is_absolute, is_plain
from mmbatch_dash.domain.config.types import Age, Interval, Switch
from mmbatch_dash.domain.periods import Every

_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+")


def _check_address(value: Any) -> str:
    """Refused without being named: an address may hold a password."""
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return value
    raise refuse("must have a url such as json://host/path, mailto://… or sns:ARN; the one given is not shown")


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Number = Annotated[StrictInt | StrictFloat, rule(lambda value: value == value, "must be a number")]
Name = Annotated[StrictStr, rule(is_plain, "must be a name")]
Names = Annotated[tuple[Name, ...], BeforeValidator(_many)]
FilePath = Annotated[StrictStr, rule(is_absolute, "must be an absolute path")]
ChannelUrl = Annotated[str, PlainValidator(_check_address)]


class ChannelSetting(Section):
    """Where messages go."""

    url: ChannelUrl | None = setting("url", None, "Address.")
    url_file: FilePath | None = setting("urlFile", None, "File that holds the address.")
    url_env: Name | None = setting("urlEnv", None, "Environment variable that holds the address.")
    template: StrictStr | None = setting("template", None, "Body for an http address, with $title and the like.")
    template_file: FilePath | None = setting("templateFile", None, "File that holds the template.")
    content_type: Name = setting("contentType", "application/json", "Content type of a template.")


class RuleSetting(Section):
    """What a rule says of itself."""

    enabled: Switch = setting("enabled", True, "Whether it is watched.")
    figure: Name | None = setting("figure", None, "What is watched.")
    above: Number | None = setting("above", None, "Wrong over this.")
    below: Number | None = setting("below", None, "Wrong under this.")
    min_tried: Annotated[StrictInt, rule(lambda value: value > 0, "must be greater than 0")] | None = setting(
        "minTried", None, "Tries that a rate must be of."
    )
    window: Interval | None = setting("window", None, "How far back.")
    held: Age = setting("for", "0s", "How long it must be wrong.")
    by: Name | None = setting("by", None, "One incident for each of these.")
    queue: Names = setting("queue", [], "Of these queues only.")
    user: Names = setting("user", [], "Of these users only.")
    definition: Names = setting("definition", [], "Of these job definitions only.")
    tag: Names = setting("tag", [], "Of jobs with these tags only.")
    channels: Names = setting("channels", [], "Who is told.")


class BudgetSetting(Section):
    """A month's money."""

    usd_per_month: Annotated[Number, rule(lambda value: value > 0, "must be greater than 0")] = setting(
        "usdPerMonth", ..., "What may be spent in a month."
    )
    queue: Names = setting("queue", [], "Of these queues only.")
    user: Names = setting("user", [], "Of these users only.")
    definition: Names = setting("definition", [], "Of these job definitions only.")
    tag: Names = setting("tag", [], "Of jobs with these tags only.")
    channels: Names = setting("channels", [], "Who is told.")


def _plain(entries: Mapping[str, Section]) -> dict[str, Any]:
    return {name: one.model_dump(mode="json", by_alias=True, exclude_unset=True) for name, one in entries.items()}


_written: Callable[[], PlainSerializer] = lambda: PlainSerializer(_plain, when_used="json")  # noqa: E731
Channels = Annotated[
    dict[Name, ChannelSetting],
    _written(),
    Control(Kind.TREE, 'name: {url, urlFile or urlEnv}, such as {"ops": {"urlFile": "/etc/mmbatch/ops"}}'),
]
Rules = Annotated[
    dict[Name, RuleSetting],
    _written(),
    Control(Kind.TREE, 'name: {figure, above or below, …}, such as {"wave": {"figure": "reclaims", "above": 4}}'),
]
Budgets = Annotated[
    dict[Name, BudgetSetting],
    _written(),
    Control(Kind.TREE, 'name: {usdPerMonth, queue, user or tag}, such as {"all": {"usdPerMonth": 5000}}'),
]
Told = Annotated[tuple[Name, ...], Control(Kind.LIST, "names of channels")]


class Alerts(Section):
    """What is watched, and who is told."""

    channels: Channels = setting(
        "channels",
        {},
        "Where messages go: an address of apprise, an http address, or sns:ARN; better in a file or a variable.",
        secret=True,
        ours=True,
    )
    tell: Told = setting("tell", [], "Channels told of every incident whose rule or budget names none.", ours=True)
    rules: Rules = setting(
        "rules",
        {},
        "Rules besides the shipped ones, and changes of those; GET /api/v1/alerts/figures lists what they may name.",
        ours=True,
    )
    digest_to: Told = setting(
        "digestTo",
        [],
        "Channels that get the report of each period that is over, once; e-mail gets its PDF with it.",
        ours=True,
    )
    digest_every: Annotated[Every, choice_control(Every)] = setting(
        "digestEvery", "weekly", "Whether that is a week, from Monday on, or a month.", ours=True
    )
