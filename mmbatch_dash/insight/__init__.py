"""What to change, and how sure that is: rates, intervals, advice and replays over frames. No I/O, no clock."""
