"""The worker's side: tells the management server what a job does, from any checkpoint engine.

Standard library only, Python 3.8 or newer, importable from a job:

    from mmbatch_dash import reporter

    with reporter.checkpoint("/shared/state.pt"):
        torch.save(state, "/shared/state.pt")
    reporter.restored("/shared/state.pt")

Whatever goes wrong in here, the job goes on: no call of this package raises into it.
"""

from mmbatch_dash.reporter.client import checkpoint, event, restored

__all__ = ["checkpoint", "event", "restored"]
