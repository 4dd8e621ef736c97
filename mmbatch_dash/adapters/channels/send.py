"""One message through one channel, whatever kind its address is."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from mmbatch_dash.adapters.aws.account import Account, Clients, speak_plainly
from mmbatch_dash.domain.config.alerts import ChannelSetting
from mmbatch_dash.domain.errors import MmbatchDashError

LOG = logging.getLogger(__name__)
PATIENCE_SECONDS = 15.0
# It writes addresses into the log, and an address may hold a password; what went wrong is told here.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
SNS = "sns:"
_HTTP = ("http://", "https://")
_WITH_HEADERS = ("mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms")
ID_HEADER = "Idempotency-Key"
"""Receivers that drop repeats by a header find the id of the message in this one."""


class ChannelFailed(MmbatchDashError):
    """A channel did not take a message; the reason names no address, for it may hold a password."""


def send_message(
    channel: ChannelSetting,
    *,
    message_id: str,
    title: str,
    body: str,
    fields: Mapping[str, str],
    bad: bool,
    html: str = "",
    file: tuple[str, bytes] | None = None,
) -> None:
    """Returns when the channel took the message.

    Args:
        channel: where to.
        message_id: the same however often it is sent.
        title: one line.
        body: several.
        fields: more of it, for templates and receivers that read.
        bad: whether it is bad news.
        html: in place of the body where a channel shows HTML, as e-mail does.
        file: name and content of a PDF, for channels that take files.

    Raises:
        ChannelFailed: it did not, or its address cannot be read.
    """
    address, template = read_address(channel), _read_template(channel)
    values = {**fields, "id": message_id, "title": title, "body": body}
    if address.startswith(SNS):
        _publish(address.removeprefix(SNS), title, body, values)
    elif address.startswith(_HTTP) and (template is not None or not _known_to_apprise(address)):
        _post(address, message_id, _fill(template, values), channel.content_type)
    elif template is not None:
        raise ChannelFailed("A template goes with an http or https address only; take it out, or change the address.")
    else:
        _notify(address, message_id, title, body, bad=bad, html=html, file=file)


def read_address(channel: ChannelSetting) -> str:
    """The address of a channel, from where the configuration says it is.

    Raises:
        ChannelFailed: it is nowhere, or cannot be read.
    """
    if channel.url_env is not None:
        if not (address := os.environ.get(channel.url_env, "").strip()):
            raise ChannelFailed(f"The environment variable {channel.url_env} is not set where the server runs.")
        return address
    if channel.url_file is not None:
        return _read(channel.url_file)
    if channel.url is not None:
        return channel.url
    raise ChannelFailed("The channel has no address: give it url, urlFile or urlEnv.")


def _read_template(channel: ChannelSetting) -> str | None:
    return _read(channel.template_file) if channel.template_file is not None else channel.template


def _read(path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelFailed(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}.") from None
    if not text:
        raise ChannelFailed(f"{path} is empty.")
    return text


def _fill(template: str | None, values: Mapping[str, str]) -> bytes:
    """A body: the template with its $names as JSON texts without quotes, else all of it as JSON."""
    if template is None:
        return json.dumps(values, ensure_ascii=False).encode()
    escaped = {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in values.items()}
    return Template(template).safe_substitute(escaped).encode()


def _post(address: str, message_id: str, body: bytes, content_type: str) -> None:
    import requests

    headers = {"Content-Type": content_type, ID_HEADER: message_id}
    try:
        # Followed, a redirect makes a GET of the message, and the page it leads to says that all is well.
        with requests.post(
            address, data=body, headers=headers, timeout=PATIENCE_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            status = answer.status_code
    except requests.RequestException as error:
        raise ChannelFailed(f"The address could not be reached ({type(error).__name__}).") from None
    if 300 <= status < 400:
        raise ChannelFailed(f"The address leads elsewhere ({status}), where messages get lost; name where it leads to.")
    if status >= 400:
        raise ChannelFailed(f"The address answered {status}.")


def _publish(arn: str, title: str, body: str, values: Mapping[str, str]) -> None:
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] != "sns":
        raise ChannelFailed("The address must be sns: and the ARN of a topic.")
    with speak_plainly("publish", "the topic"):
        client = Clients(Account(region=parts[3])).client("sns")
        attributes = {
            name: {"DataType": "String", "StringValue": values[name]} for name in ("id", "kind", "rule") if values[name]
        }
        subject = title.encode("ascii", "replace").decode()[:100]
        client.publish(TopicArn=arn, Subject=subject, Message=body, MessageAttributes=attributes)


def _known_to_apprise(address: str) -> bool:
    # It takes a third of a second to import, and most servers tell nobody.
    import apprise

    return apprise.Apprise.instantiate(address, suppress_exceptions=True) is not None


def _notify(
    address: str,
    message_id: str,
    title: str,
    body: str,
    *,
    bad: bool,
    html: str,
    file: tuple[str, bytes] | None,
) -> None:
    import apprise
    from apprise.attachment.memory import AttachMemory

    if address.partition("://")[0] in _WITH_HEADERS:
        address += f"{'&' if '?' in address else '?'}+{ID_HEADER}={message_id}"
    # As above: what is redirected is not taken.
    asset = apprise.AppriseAsset(http_redirects=False)
    service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if service is None:
        raise ChannelFailed("The address is of no service that apprise knows; its documentation lists them.")
    more: dict[str, Any] = {}
    if html and service.notify_format == apprise.NotifyFormat.HTML:
        body, more["body_format"] = html, apprise.NotifyFormat.HTML
    if file is not None and service.attachment_support:
        name, content = file
        more["attach"] = apprise.AppriseAttachment()
        memory: Any = AttachMemory  # which is untyped
        more["attach"].add(memory(content=content, name=name, mimetype="application/pdf"))
    kind = apprise.NotifyType.WARNING if bad else apprise.NotifyType.INFO
    if not service.notify(title=title, body=body, notify_type=kind, **more):
        raise ChannelFailed("The service did not take the message: is its address right, and can this host reach it?")
