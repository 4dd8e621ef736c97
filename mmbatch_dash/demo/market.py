"""EC2 as the fleet meets it: spot prices that wander by zone and type, and waves of reclaims by zone and hour."""

from bisect import bisect_right
from math import exp2
from random import Random

from mmbatch_dash.demo.draws import seeded
from mmbatch_dash.demo.scenario import InstanceShape, Scenario
from mmbatch_dash.demo.timeline import Timeline, format_instant

DAY = 86_400.0
BURST_HOURS = (14, 14, 15, 15, 15, 16, 16, 17, 18, 19, 9, 2)


class SpotPath:
    """The spot price of one type in one zone: steps at random times around a mean, made as far as asked for."""

    def __init__(self, shape: InstanceShape, on_demand_usd: float, rng: Random, start: float, hours: float) -> None:
        self._on_demand = on_demand_usd
        self._mean = shape.spot_ratio * rng.uniform(0.85, 1.2)
        self._level = rng.gauss(0.0, 0.15)
        self._rng, self._hours = rng, hours
        self.times = [start]
        self.prices = [self._price()]

    def extend(self, at: float) -> None:
        """Makes the path known up to `at`."""
        while self.times[-1] < at:
            self._level = 0.9 * self._level + self._rng.gauss(0.0, 0.08)
            self.times.append(self.times[-1] + self._hours * 3600 * self._rng.uniform(0.4, 1.6))
            self.prices.append(self._price())

    def price_at(self, at: float) -> float | None:
        """The price in force, None before the first."""
        self.extend(at)
        index = bisect_right(self.times, at)
        return self.prices[index - 1] if index else None

    def _price(self) -> float:
        ratio = min(0.95, max(0.12, self._mean * exp2(self._level)))
        return round(self._on_demand * ratio, 4)


class Market:
    """Prices and reclaims, each a function of (seed, place, time) alone, in whatever order it is asked."""

    def __init__(self, scenario: Scenario, seed: str, start: float) -> None:
        self._scenario, self._seed = scenario, seed
        self._paths: dict[tuple[str, str], SpotPath] = {}
        self._announced: dict[tuple[str, str], int] = {}
        self._bursts: dict[tuple[str, int], tuple[float, float] | None] = {}
        self._start, self._on_demand_announced = start, False
        self._end = start + scenario.days * DAY
        for shape in scenario.instance_types:
            if shape.on_demand_usd is None:
                continue
            for zone in scenario.zones:
                rng = seeded(f"{seed}|price|{zone}|{shape.name}")
                first = start + shape.priced_from_day * DAY
                self._paths[zone, shape.name] = SpotPath(shape, shape.on_demand_usd, rng, first, scenario.price_hours)

    def price_at(self, zone: str, shape: InstanceShape, option: str | None, at: float) -> float | None:
        """What an agent on such an instance would read as its price; None where nobody knows."""
        if option == "on-demand":
            return shape.on_demand_usd
        path = self._paths.get((zone, shape.name))
        return path.price_at(at) if path and option == "spot" else None

    def announce_until(self, at: float, timeline: Timeline) -> None:
        """Tells every price observed up to `at` and not told yet."""
        if not self._on_demand_announced:
            self._on_demand_announced = True
            for shape in self._scenario.instance_types:
                if shape.on_demand_usd is not None:
                    _tell_price(timeline, self._start, shape.name, "on-demand", shape.on_demand_usd, self._region)
        for key, path in self._paths.items():
            path.extend(at)
            told = self._announced.get(key, 0)
            known = bisect_right(path.times, at)
            for index in range(told, known):
                place = {**self._region, "availability_zone": key[0]}
                _tell_price(timeline, path.times[index], key[1], "spot", path.prices[index], place)
            self._announced[key] = max(told, known)

    def draw_reclaim(self, rng: Random, zone: str, shape: InstanceShape, launched: float) -> float:
        """When EC2 takes back a spot instance launched then: by chance, or in a wave that hits its zone."""
        at = launched + 180 + rng.expovariate(shape.reclaims_per_hour) * 3600
        first_day = int(launched // DAY)
        for day in range(first_day, first_day + 3):
            burst = self._burst(zone, day)
            if burst and burst[1] > launched + 300 and rng.random() < self._scenario.burst_hit:
                at = min(at, rng.uniform(max(burst[0], launched + 240), burst[1]))
        return at

    @property
    def _region(self) -> dict[str, str]:
        return {"region": self._scenario.region}

    def _burst(self, zone: str, day: int) -> tuple[float, float] | None:
        if (zone, day) not in self._bursts:
            self._bursts[zone, day] = self._draw_burst(zone, day)
        return self._bursts[zone, day]

    def _draw_burst(self, zone: str, day: int) -> tuple[float, float] | None:
        # The told month ends amid a wave, so that work in the hands of the engine is on the page at once.
        if day == int((self._end - 1) // DAY) and zone in self._scenario.zones[:3]:
            return self._end - 600, self._end + 150
        rng = seeded(f"{self._seed}|burst|{zone}|{day}")
        if rng.random() >= self._scenario.bursts_per_zone_day:
            return None
        begin = day * DAY + rng.choice(BURST_HOURS) * 3600 + rng.uniform(0, 3600)
        return begin, begin + self._scenario.burst_minutes * 60 * rng.uniform(0.5, 1.5)


def _tell_price(timeline: Timeline, at: float, name: str, option: str, usd: float, place: dict[str, str]) -> None:
    data = {
        **place,
        "instance_type": name,
        "purchase_option": option,
        "usd_per_hour": usd,
        "effective_at": format_instant(at),
    }
    timeline.tell(at, "price.observed", name, data)
