"""A seeded simulated fleet that speaks native CloudEvents. Knows no store, no clock and no network.

Every event says that it is simulated: its source begins with `mmbatch.demo/`.
"""

from mmbatch_dash.demo.scenario import DEFAULT_SCENARIO, Scenario
from mmbatch_dash.demo.simulate import DEMO_SOURCE, simulate, simulate_live

__all__ = ["DEFAULT_SCENARIO", "DEMO_SOURCE", "Scenario", "simulate", "simulate_live"]
