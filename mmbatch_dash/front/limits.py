"""How long, how much and how many: the numbers by which one caller cannot keep the others out."""

THREADS = 16
"""Requests worked on at a time. Receiving a body holds none of them."""
THREADS_OF_ADDRESS, THREADS_OF_CALLER = 12, 8
"""Of those, for one address, and for one token or session."""

MOST_CONNECTIONS = 16_384
HEAD_SECONDS = 15
"""For the head of a request: the first of a connection, and after an idle time the next one."""

BODY_SECONDS = 30.0
BODY_GRACE_SECONDS = 5.0
BODY_BYTES_PER_SECOND = 1024
"""A body has to be there in `BODY_SECONDS`, and after the grace to have come at this rate on the whole."""

SLOW_AFTER_SECONDS = 1.0
SLOW_BODIES, SLOW_OF_ADDRESS, SLOW_OF_CALLER = 512, 64, 16
"""Bodies that are not whole after the time above, in all, of one address, of one caller. Quick ones need no place."""

MIB = 1024 * 1024
HELD_BYTES, HELD_OF_ADDRESS = 256 * MIB, 160 * MIB
"""Bodies on their way, in memory: in all, and of one address."""

STREAMED_BODIES, STREAMED_OF_CALLER = 2, 1
"""Bodies that are worked on while they come (imports). Each holds a thread."""
STREAM_AHEAD = 16
"""Pieces of such a body, or of an answer, that wait for the slower side."""

STREAMED_ANSWERS, ANSWERS_OF_CALLER = 8, 4
"""Answers sent while they are made (exports). Each holds a thread."""
STALL_SECONDS = 30.0
"""In which the reader of an answer has to take its next piece."""

WAIT_SECONDS = 20.0
"""For a turn; then the caller is told to come back."""
RETRY_SECONDS = 5
DRAIN_SECONDS = 5.0
"""In which requests under way are answered when the server is told to end."""
