"""A Lightning callback that tells of every checkpoint the trainer saves and of the one it goes on from.

trainer = Trainer(callbacks=[ReportCheckpoints(), ModelCheckpoint(dirpath="/shared/run", save_last=True)])
trainer.fit(model, ckpt_path="last")

Lightning has no hook after a save; the strategy's checkpoint_io is what saves and loads, so it is wrapped. Strategies
without one (ModelParallelStrategy) save in many files at once: use `mmbatch-report run --watch` for them.
"""

import time

from lightning.pytorch.callbacks import Callback

from mmbatch_dash import reporter


class ReportCheckpoints(Callback):
    """Wraps the strategy's checkpoint_io, before the trainer restores from it."""

    def setup(self, trainer, pl_module, stage):
        """Called by the trainer once the strategy is there; in every process, of which one tells."""
        inner = trainer.strategy.checkpoint_io
        if trainer.is_global_zero and not isinstance(inner, ReportingIO):
            trainer.strategy.checkpoint_io = ReportingIO(inner)


class ReportingIO:
    """Saves and loads as the one it wraps, and tells of it."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        """Saves, and tells how long it took and how large it is."""
        with reporter.checkpoint(str(path)):
            self._inner.save_checkpoint(checkpoint, path, storage_options)

    def load_checkpoint(self, path, *arguments, **named):
        """Loads, and tells that this attempt goes on from there."""
        began = time.monotonic()
        loaded = self._inner.load_checkpoint(path, *arguments, **named)
        reporter.restored(str(path), duration_seconds=time.monotonic() - began)
        return loaded
