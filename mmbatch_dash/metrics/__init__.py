"""Frames of sums in, totals, tallies and groups out (docs/definitions.md section 4). No I/O, no clock."""
