"""Messages on their way out: through a channel of the configuration."""

from mmbatch_dash.adapters.channels.send import send_message
from mmbatch_dash.domain.config import Config
from mmbatch_dash.services.alerts.watch import Message


def send(config: Config, channel: str, message: Message) -> None:
    """Sends a message through a channel of the configuration."""
    send_message(
        config.alerts.channels[channel],
        message_id=message.id,
        title=message.title,
        body=message.body,
        fields=message.fields,
        bad=message.bad,
        html=message.html,
        file=message.file,
    )
