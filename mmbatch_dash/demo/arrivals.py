"""When jobs come: a busy working day, quiet nights and weekends, and exactly the number asked for."""

from collections.abc import Iterator
from random import Random

from mmbatch_dash.demo.scenario import Scenario

HOUR = 3600
HOURS_PER_WEEK = 168


def draw_arrivals(scenario: Scenario, rng: Random, start: float, jobs: int) -> Iterator[float]:
    """Epoch seconds in ascending order: `jobs` of them in `scenario.days` from `start`, then on at that pace.

    One arrival falls in each of `jobs` equal slices of the summed hour weights, at a random place in it.
    """
    weights = [_weight(scenario, start + hour * HOUR) for hour in range(HOURS_PER_WEEK)]
    hours = scenario.days * 24
    total = sum(weights[hour % HOURS_PER_WEEK] for hour in range(hours))
    slice_weight = total / jobs
    hour, passed, index = 0, 0.0, 0
    while True:
        wanted = (index + rng.random()) * slice_weight
        while passed + weights[hour % HOURS_PER_WEEK] <= wanted:
            passed += weights[hour % HOURS_PER_WEEK]
            hour += 1
        yield start + (hour + (wanted - passed) / weights[hour % HOURS_PER_WEEK]) * HOUR
        index += 1


def _weight(scenario: Scenario, at: float) -> float:
    # Day 0 of the epoch was a Thursday.
    weekday = (int(at // 86_400) + 3) % 7
    hour = int(at // HOUR) % 24
    return scenario.hour_weights[hour] * (scenario.weekend if weekday >= 5 else 1.0)
