"""Frame in, frame or figure out (pandas). No I/O, no clock: metrics.md sections 2 to 4 as code."""
