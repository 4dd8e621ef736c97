"""The interval that an attempt was told to take checkpoints at stands with that attempt."""

from tests.reference.readings import Reader, native
from tests.reference.worked_example import job, start


def test_each_attempt_keeps_the_interval_it_was_told_and_none_of_another(read: Reader) -> None:
    events = [
        start("00:00", 1, checkpoint_interval_seconds=900),
        job("job.interrupted", "01:00", 1, reason="reclaimed"),
        start("01:05", 2),
        job("job.interrupted", "02:00", 2, reason="reclaimed"),
        start("02:05", 3, checkpoint_interval_seconds=1800.5),
    ]
    seen = read(native(events))["job-1"].attempts
    assert [one.checkpoint_interval_seconds for one in seen] == [900.0, None, 1800.5]


def test_of_two_words_on_one_attempt_the_later_stands(read: Reader) -> None:
    events = [start("00:01", 1, checkpoint_interval_seconds=60), start("00:00", 1, checkpoint_interval_seconds=900)]
    [seen] = read(native(events))["job-1"].attempts
    assert seen.checkpoint_interval_seconds == 60.0
