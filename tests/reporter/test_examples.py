"""The examples run as they are printed, with stand-ins for torch and Lightning.

The stand-ins have the few names that the examples use, with the signatures of PyTorch 2 and Lightning 2. What is tested
is what the examples save, restore and tell, under the real wrapper; not that PyTorch learns.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from mmbatch_dash.services.reporter_archive import build_archive
from tests.reporter.conftest import PROJECT, Wrapped, wait_for

EXAMPLES = PROJECT / "docs" / "examples"

TORCH = '''
import json, time

class Number:
    """A tensor of one number, as far as the loop needs one."""
    def __init__(self, value): self.value = value
    def __sub__(self, other): return Number(self.value - other.value)
    def __rmul__(self, factor): return Number(factor * self.value)
    def __pow__(self, power): return Number(self.value ** power)
    def mean(self): return self
    def backward(self): pass

class nn:
    class Linear:
        def __init__(self, *sizes): self.weight = 0.0
        def __call__(self, x): return Number(self.weight * x.value)
        def parameters(self): return [self]
        def state_dict(self): return {"weight": self.weight}
        def load_state_dict(self, state): self.weight = state["weight"]

class optim:
    class SGD:
        def __init__(self, parameters, lr): self.model, self.steps = parameters[0], 0
        def zero_grad(self): pass
        def step(self):
            time.sleep(0.01)
            self.steps += 1
            self.model.weight += (3 - self.model.weight) / 100
        def state_dict(self): return {"steps": self.steps}
        def load_state_dict(self, state): self.steps = state["steps"]

def rand(*sizes): return Number(1.0)
def save(state, path):
    with open(path, "w") as file: json.dump(state, file)
def load(path):
    with open(path) as file: return json.load(file)
'''

LIGHTNING = """
class Callback: pass
"""

TRAINER = '''
"""Calls what Trainer._run calls, in its order: setup, restore, fit; saving goes through strategy.checkpoint_io."""
import json, os, sys
from lightning_callback import ReportCheckpoints

class TorchCheckpointIO:
    def save_checkpoint(self, checkpoint, path, storage_options=None):
        with open(path, "w") as file: json.dump(checkpoint, file)
    def load_checkpoint(self, path, map_location=None, weights_only=None):
        with open(path) as file: return json.load(file)
    def remove_checkpoint(self, path): os.unlink(path)

class Strategy: checkpoint_io = TorchCheckpointIO()
class Trainer: strategy, is_global_zero = Strategy(), True

trainer, callback = Trainer(), ReportCheckpoints()
callback.setup(trainer, None, "fit")
callback.setup(trainer, None, "validate")
if os.path.exists("last.ckpt"):
    assert trainer.strategy.checkpoint_io.load_checkpoint("last.ckpt", map_location="cpu") == {"epoch": 1}
trainer.strategy.checkpoint_io.save_checkpoint({"epoch": 1}, "last.ckpt")
trainer.strategy.checkpoint_io.save_checkpoint({"epoch": 1}, "old.ckpt")
trainer.strategy.checkpoint_io.remove_checkpoint("old.ckpt")
'''


@pytest.fixture
def environment(wrapped: Wrapped) -> dict[str, str]:
    """The examples beside the reporter's single file and the stand-ins, and nothing of this project's own."""
    folder = wrapped.folder / "site"
    (folder / "lightning" / "pytorch" / "callbacks").mkdir(parents=True)
    for package in ("lightning", "lightning/pytorch"):
        (folder / package / "__init__.py").write_text("")
    (folder / "lightning/pytorch/callbacks/__init__.py").write_text(LIGHTNING)
    (folder / "torch.py").write_text(TORCH)
    (folder / "trainer.py").write_text(TRAINER)
    archive = folder / "mmbatch-report"
    archive.write_bytes(build_archive().content)
    return wrapped.environment(PYTHONPATH=f"{archive}:{folder}:{EXAMPLES}")


def run(wrapped: Wrapped, environment: dict[str, str], *options: str, command: list[str]) -> "subprocess.Popen[bytes]":
    archive = environment["PYTHONPATH"].partition(":")[0]
    line = [sys.executable, archive, "run", "--job-id", "j", *options, "--", *command]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(line, env=environment, cwd=wrapped.folder, start_new_session=True, **told)
    wrapped.started.append(process)
    return process


def events(wrapped: Wrapped) -> list[tuple[str, dict[str, Any]]]:
    files = sorted((wrapped.folder).rglob("*.e.json"), key=lambda path: path.name)
    told = [json.loads(path.read_text()) for path in files]
    return [(event["type"].removeprefix("mmbatch."), event["data"]) for event in told]


def test_the_loop_saves_when_it_is_asked_to_stop_and_goes_on_from_there(
    wrapped: Wrapped, environment: dict[str, str]
) -> None:
    state = wrapped.folder / "state.pt"
    options = ("--checkpoint-path", str(state), "--interval", "0.3s")
    command = [sys.executable, str(EXAMPLES / "pytorch_loop.py")]
    first = run(wrapped, {**environment, "STEPS": "100000"}, *options, "--attempt", "1", command=command)
    wait_for(state.exists)
    first.terminate()
    first.communicate(timeout=20)
    assert first.returncode == 143
    step = json.loads(state.read_text())["step"]
    second = run(wrapped, {**environment, "STEPS": str(step + 10)}, *options, "--attempt", "2", command=command)
    said, complaints = second.communicate(timeout=20)
    assert said.decode() == f"trained {step + 10} steps\n", complaints

    told = events(wrapped)
    saved = [data for kind, data in told if kind == "checkpoint.succeeded"]
    [restored] = [data for kind, data in told if kind == "restore.succeeded"]
    assert len(saved) >= 2
    assert saved[-1]["size_bytes"] == state.stat().st_size
    assert (restored["checkpoint_id"], restored["attempt"]) == (saved[-1]["checkpoint_id"], 2)


def test_the_callback_tells_what_the_trainer_saves_and_what_it_goes_on_from(
    wrapped: Wrapped, environment: dict[str, str]
) -> None:
    for attempt in ("1", "2"):
        process = run(wrapped, environment, "--attempt", attempt, command=[sys.executable, "-m", "trainer"])
        _, complaints = process.communicate(timeout=20)
        assert process.returncode == 0, complaints
    told = [(kind, data["attempt"]) for kind, data in events(wrapped) if kind.startswith(("checkpoint", "restore"))]
    twice = [("checkpoint.started", 1), ("checkpoint.succeeded", 1)] * 2
    assert told == [*twice, ("restore.succeeded", 2), *[(kind, 2) for kind, _ in twice]]
