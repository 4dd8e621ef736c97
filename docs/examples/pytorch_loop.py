"""A plain PyTorch loop that saves and restores its own state, and tells of it.

mmbatch-report run --checkpoint-path /shared/$AWS_BATCH_JOB_ID/state.pt -- python pytorch_loop.py
with PYTHONPATH=/usr/local/bin/mmbatch-report (or wherever the reporter was installed): the file is importable as it is.
"""

import os
import signal
import time

import torch

from mmbatch_dash import reporter

PATH = os.environ.get("MMBATCH_CHECKPOINT_PATH", "state.pt")
INTERVAL_SECONDS = float(os.environ.get("MMBATCH_CHECKPOINT_INTERVAL_SECONDS", "900"))
STEPS = int(os.environ.get("STEPS", "1000"))

asked_to_stop = False


def stop(_number, _frame):
    """ECS sends SIGTERM when the instance is taken back: the step under way is finished, and its state saved."""
    global asked_to_stop
    asked_to_stop = True


def save(model, optimizer, step):
    """Writes the state beside the last one and puts it in its place, so that a kill leaves one that is whole."""
    with reporter.checkpoint(PATH):
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, PATH + ".part")
        os.replace(PATH + ".part", PATH)


def load(model, optimizer):
    """The step to go on from."""
    if not os.path.exists(PATH):
        return 0
    began = time.monotonic()
    state = torch.load(PATH)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    reporter.restored(PATH, duration_seconds=time.monotonic() - began)
    return state["step"]


def train():
    """Fits one weight to y = 3x."""
    signal.signal(signal.SIGTERM, stop)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    step, saved_at = load(model, optimizer), time.monotonic()
    while step < STEPS and not asked_to_stop:
        x = torch.rand(8, 1)
        loss = ((model(x) - 3 * x) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if time.monotonic() - saved_at >= INTERVAL_SECONDS:
            save(model, optimizer, step)
            saved_at = time.monotonic()
    if asked_to_stop:
        save(model, optimizer, step)
        raise SystemExit(128 + signal.SIGTERM)
    print("trained", step, "steps")


if __name__ == "__main__":
    train()
