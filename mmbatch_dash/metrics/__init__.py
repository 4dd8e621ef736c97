"""Frame in, frame or figure out (pandas). No I/O, no clock: docs/definitions.md sections 2 to 4 as code."""
