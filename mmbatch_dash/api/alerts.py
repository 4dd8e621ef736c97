"""Alerts over HTTP: what is wrong, who was told, silences, a test message."""

from typing import Any, TypeVar

from flask import Blueprint, Response, g, request
from pydantic import BaseModel, ValidationError

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.alerts import (
    AlertBook,
    AlertFigures,
    AlertSilence,
    AlertTest,
    AlertTested,
    DigestPreview,
    SilenceEnded,
    SilenceWish,
)
from mmbatch_dash.domain.alerts.budgets import Spent
from mmbatch_dash.domain.alerts.figures import ALERT_FIGURES, SAID
from mmbatch_dash.domain.alerts.incidents import Incident, Silence
from mmbatch_dash.domain.config.alert_rules import Rule, read_rules
from mmbatch_dash.domain.endpoints import Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.services import Services

_ALERTS = "Alerts"
Body = TypeVar("Body", bound=BaseModel)


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; reading is for readers, silencing and testing for admins."""
    blueprint = Blueprint("alerts", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/alerts",
        Endpoint(
            who=Audience.READER,
            about="Incidents under way and over, with who was told; rules, budgets, silences and the digest.",
            group=_ALERTS,
            answers={200: Content(AlertBook)},
        ),
    )
    def get_alerts() -> Response:
        return json_answer(describe_alerts(services))

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/alerts/figures",
        Endpoint(
            who=Audience.READER,
            about="The figures that rules may name.",
            group=_ALERTS,
            answers={200: Content(AlertFigures)},
        ),
    )
    def get_figures() -> Response:
        figures = [
            {
                "name": figure.name,
                "about": figure.about,
                "unit": figure.unit,
                "over": SAID[figure.over],
                "groups": figure.groups,
                "min_tried": figure.tries,
            }
            for figure in ALERT_FIGURES.values()
        ]
        return json_answer({"figures": figures})

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/alerts/digest",
        Endpoint(
            who=Audience.READER,
            about="What the digest of the latest period says, as it would be sent now; nothing is sent.",
            group=_ALERTS,
            answers={200: Content(DigestPreview)},
            errors=(503,),
        ),
    )
    def get_digest() -> Response:
        letter = services.digest.preview()
        channels = list(services.config.current().alerts.digest_to)
        said = {"period": letter.period.name, "title": letter.title, "text": letter.text, "html": letter.html}
        return json_answer({**said, "channels": channels})

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/alerts/test",
        Endpoint(
            who=Audience.ADMIN,
            about="Send a test message through a channel, and say whether it was taken.",
            group=_ALERTS,
            bodies=(Content(AlertTest),),
            answers={200: Content(AlertTested)},
            errors=(404, 415, 422),
        ),
    )
    def post_test() -> Response:
        channel = _body(AlertTest, '{"channel": "ops"}').channel
        error = services.alerts.test(channel)
        return json_answer({"channel": channel, "taken": not error, "error": error})

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/alerts/silence",
        Endpoint(
            who=Audience.ADMIN,
            about="Tell nobody of a rule, or a group of it, until a time.",
            group=_ALERTS,
            bodies=(Content(SilenceWish),),
            answers={200: Content(AlertSilence)},
            errors=(415, 422),
        ),
    )
    def post_silence() -> Response:
        wish = _body(SilenceWish, '{"rule": "reclaim-wave", "until": "2026-03-02T08:00:00Z"}')
        until = parse_instant(wish.until, field="until")
        by = str(g.get("who") or "local")
        made = services.alerts.silence(rule=wish.rule, group=wish.group, until=until, by=by, note=wish.note)
        return json_answer(_silence(made))

    @endpoint(
        blueprint,
        "DELETE",
        "/api/v1/alerts/silence/<silence_id>",
        Endpoint(
            who=Audience.ADMIN,
            about="End a silence now.",
            group=_ALERTS,
            answers={200: Content(SilenceEnded)},
            paths={"silence_id": "Id of a silence."},
        ),
    )
    def delete_silence(silence_id: str) -> Response:
        services.alerts.end_silence(silence_id)
        return json_answer({"ended": silence_id})

    return blueprint


def describe_alerts(services: Services) -> dict[str, Any]:
    """The book as JSON has it."""
    now, config, state = services.clock(), services.config.current(), services.alerts.state
    rules, _ = read_rules(config.alerts)
    silences = [one for one in state.silences if one.until > now]

    def incident(one: Incident) -> dict[str, Any]:
        return {
            "id": one.id,
            "rule": one.rule,
            "group": one.group,
            "said": one.said,
            "since": one.since,
            "opened_at": one.opened_at,
            "closed_at": one.closed_at,
            "value": one.value,
            "silenced": any(silence.fits(one, now) for silence in silences),
            "told": [
                {
                    "channel": channel,
                    "began_at": told.began_at,
                    "ended_at": told.ended_at,
                    "error": told.error,
                    "skipped": told.skipped,
                }
                for channel, told in one.told.items()
            ],
        }

    return {
        "open": [incident(one) for one in state.open],
        "closed": [incident(one) for one in reversed(state.closed)],
        "silences": [_silence(one) for one in silences],
        "rules": [_rule(rule, config.alerts.tell) for rule in rules],
        "budgets": [_budget(spent, config.alerts.tell) for spent in services.measure.budgets(now)],
        "channels": list(config.alerts.channels),
        "digest": {
            "every": config.alerts.digest_every.value,
            "period": services.digest.latest().name,
            "told": [
                {"channel": channel, "at": sent.at, "error": sent.error}
                for channel, sent in services.digest.standing().items()
            ],
        },
    }


def _silence(one: Silence) -> dict[str, Any]:
    return {
        "id": one.id,
        "rule": one.rule,
        "group": one.group,
        "until": one.until,
        "made_at": one.made_at,
        "made_by": one.made_by,
        "note": one.note,
    }


def _rule(rule: Rule, tell: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "figure": rule.figure.name,
        "below": rule.below,
        "above": rule.above,
        "min_tried": rule.min_tried if rule.figure.tries else None,
        "window_seconds": rule.window.total_seconds() if rule.window else None,
        "for_seconds": rule.held.total_seconds(),
        "by": str(rule.by) if rule.by else None,
        "channels": list(rule.channels or tell),
        "shipped": rule.shipped,
    }


def _budget(spent: Spent, tell: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": spent.name,
        "usd_per_month": spent.usd,
        "spent_usd": spent.spent_usd,
        "share": spent.share,
        "gone_on": spent.gone_on,
        "channels": list(spent.channels or tell),
    }


def _body(model: type[Body], example: str) -> Body:
    try:
        return model.model_validate(request.get_json(silent=True), strict=True)
    except ValidationError as error:
        said = error.errors(include_url=False, include_input=False)[0]
        if not said["loc"]:
            raise InvalidInput(f"must be a JSON object such as {example}", field="body") from None
        field = ".".join(map(str, said["loc"]))
        raise InvalidInput(f"{said['msg'].lower()}; the body is JSON such as {example}", field=field) from None
