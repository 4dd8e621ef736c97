"""`run [options] -- CMD…`: the job's own process with a reporter beside it. The job never suffers for it."""

import os
import signal
import sys
from typing import List, Mapping, NoReturn, Optional, Sequence

from mmbatch_dash.reporter.child import (
    NOT_EXECUTABLE,
    NOT_FOUND,
    End,
    hold_signals,
    leave_as,
    run_unreported,
    send,
    start_child,
    wait_for,
)
from mmbatch_dash.reporter.who import Job
from mmbatch_dash.reporter.wrapper import RunOptions, Wrapper, safely


def run(command: Sequence[str], job: Job, options: RunOptions, environment: Mapping[str, str]) -> NoReturn:
    """Runs the command under the reporter and ends as it ends."""
    mask = hold_signals()
    wrapper = _prepare(job, options, environment)
    if wrapper is None:
        run_unreported(command, mask)
    came: List[int] = []
    safely(lambda: came.extend(wrapper.restore()))
    if came and wrapper.ended_early:
        ended = End(None, came[-1], 0.0, 0.0)
        safely(lambda: wrapper.finish(ended, sent_term=ended.signal == signal.SIGTERM))
        leave_as(ended)
    try:
        child = start_child(command, wrapper.environment, mask)
    except OSError as error:
        sys.stderr.write(f"mmbatch-report: {command[0]}: {error.strerror or error}\n")
        code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        safely(lambda: wrapper.finish(End(code, None, 0.0, 0.0), sent_term=False))
        os._exit(code)
    for number in came:
        send(child, number)
    safely(lambda: wrapper.attend(child))
    end = wait_for(child, wrapper.on_signal, wrapper.engine.pids)
    safely(lambda: wrapper.finish(end, sent_term=wrapper.got_term))
    leave_as(end)


def _prepare(job: Job, options: RunOptions, environment: Mapping[str, str]) -> "Optional[Wrapper]":
    """The reporter, at work; None where it cannot be made at all."""
    try:
        wrapper = Wrapper(job, options, environment)
    except Exception as error:  # noqa: BLE001 - a fault in here is never the job's
        sys.stderr.write(f"mmbatch-report: the command runs unreported: {type(error).__name__}: {error}\n")
        return None
    safely(wrapper.begin)
    return wrapper
