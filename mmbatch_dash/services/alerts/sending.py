"""Messages on their way out: through a channel of the configuration, and never for longer than somebody can wait."""

import logging
import queue
import threading

from mmbatch_dash.adapters.channels.send import ChannelFailed, send_message
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.alerts.watch import Message

LOG = logging.getLogger(__name__)
DEADLINE_SECONDS = 40.0
"""For one message: an address that answers a letter at a time would hold up everybody else's."""


class Sending:
    """Sends through channels; one that hangs is left alone until it is done."""

    def __init__(self) -> None:
        self._under_way: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def __call__(self, config: Config, channel: str, message: Message) -> None:
        """Returns when the channel took the message.

        Raises:
            ChannelFailed: it did not, or not in time.
        """
        told: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

        def work() -> None:
            try:
                _send(config, channel, message)
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                told.put(error)
            else:
                told.put(None)

        with self._lock:
            if (before := self._under_way.get(channel)) is not None and before.is_alive():
                raise ChannelFailed("The channel has not answered the message before yet.")
            thread = self._under_way[channel] = threading.Thread(target=work, name=f"channel-{channel}", daemon=True)
        thread.start()
        try:
            error = told.get(timeout=DEADLINE_SECONDS)
        except queue.Empty:
            raise ChannelFailed(f"The channel did not answer within {DEADLINE_SECONDS:.0f} s.") from None
        if isinstance(error, MmbatchDashError):
            raise error
        if error is not None:
            # What a library stumbles over may hold the address: the kind alone is told.
            LOG.error("Channel %s failed: %s", channel, type(error).__name__)
            raise ChannelFailed(f"The message could not be sent ({type(error).__name__}).")


def _send(config: Config, channel: str, message: Message) -> None:
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
