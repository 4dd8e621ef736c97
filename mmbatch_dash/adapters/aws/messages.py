"""EventBridge events from an SQS queue: each message is taken off the queue only when its events are on disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.adapters.reading import Unreadable
from mmbatch_dash.adapters.wrappings import events_in_text
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

AT_ONCE = 10
DOOR = "sqs"

Take = Callable[[Sequence[Entry | Rejection]], object]
"""Puts entries on disk; returns only when they are."""


@dataclass(slots=True)
class Drained:
    """What came from a queue."""

    messages: int = 0
    undeleted: int = 0


def drain_queue(sqs: Any, queue_url: str, take: Take, *, most: int = 100_000) -> Drained:
    """Reads a queue until it is empty. A message that is no event is kept aside as a rejection, and so leaves too.

    Args:
        sqs: SQS client.
        queue_url: which queue.
        take: called before anything is deleted; if it raises, the messages come again after their visibility timeout.
        most: messages to take at most.
    """
    drained = Drained()
    while drained.messages < most:
        answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=AT_ONCE, WaitTimeSeconds=1)
        messages = answer.get("Messages", [])
        if not messages:
            break
        take([item for place, message in enumerate(messages) for item in read_message(message["Body"], place)])
        deletions = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        result = sqs.delete_message_batch(QueueUrl=queue_url, Entries=deletions)
        drained.messages += len(messages)
        drained.undeleted += len(result.get("Failed", []))
    return drained


def read_message(body: str, place: int = 0) -> list[Entry | Rejection]:
    """The events in a message, also several of them and those inside messages of other services."""
    items: list[Entry | Rejection] = []
    for event in events_in_text(body):
        if isinstance(event, Unreadable):
            items.append(Rejection(f"the message is not JSON: {event.error}", event.raw, place, None, DOOR))
            continue
        try:
            items.append(read_event(event))
        except InvalidInput as error:
            items.append(Rejection(str(error), event, place, None, DOOR))
    return items
