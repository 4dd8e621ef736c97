"""A trend small enough for a card: one CSS polygon of thin columns, coloured by the theme it stands in."""

import math
from collections.abc import Sequence

MAX_COLUMNS = 40


def thin_out(values: Sequence[float], columns: int = MAX_COLUMNS) -> list[float]:
    """At most `columns` values in order: neighbours are added up in equal runs; unknown only if all of a run is."""
    if len(values) <= columns:
        return list(values)
    run = math.ceil(len(values) / columns)
    return [_sum_known(values[start : start + run]) for start in range(0, len(values), run)]


def build_sparkline(values: Sequence[float]) -> str | None:
    """The `clip-path` polygon of a column chart, columns over a common zero; None with fewer than three known values.

    Args:
        values: one a time bucket, in order; NaN leaves a gap. Negative values are drawn as zero: a card
            says how much, not which way.
    """
    heights = thin_out([float(value) for value in values])
    known = [height for height in heights if not math.isnan(height)]
    peak = max(known, default=0)
    if len(known) < 3 or peak <= 0:
        return None
    step = 100 / len(heights)
    gap = step * 0.24
    points = ["0% 100%"]
    for place, height in enumerate(heights):
        if math.isnan(height):
            continue
        left, right = place * step + gap / 2, (place + 1) * step - gap / 2
        # A known zero keeps a hairline, so that it can be told from unknown.
        top = 100 - max(4.0, 100 * max(0.0, height) / peak)
        points += [f"{left:.2f}% 100%", f"{left:.2f}% {top:.1f}%", f"{right:.2f}% {top:.1f}%", f"{right:.2f}% 100%"]
    return f"polygon({', '.join([*points, '100% 100%'])})"


def _sum_known(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) if known else math.nan
