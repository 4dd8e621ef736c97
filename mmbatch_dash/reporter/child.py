"""The job's own process: started with our stdin and stdout, sent every signal that we get, its end told as it was."""

import contextlib
import os
import resource
import signal
import sys
import threading
from typing import Callable, List, Mapping, NamedTuple, NoReturn, Optional, Sequence, Set

ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
FORWARDED: "Set[int]" = {
    *ENDING, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF,
    signal.SIGIO, signal.SIGPWR, *range(signal.SIGRTMIN, signal.SIGRTMAX + 1),
}  # fmt: skip
"""All that somebody may mean for the job; not those of a fault of our own, and of the terminal's job control."""
FROM_KERNEL = 0x80
"""si_code of a signal that the terminal sent to the whole group: the child has it already."""
NOT_FOUND, NOT_EXECUTABLE = 127, 126
SHELL = "/bin/sh"


class End(NamedTuple):
    """How the child ended.

    Attributes:
        code: its exit code, or None where a signal ended it.
        signal: that signal, or None.
        cpu_seconds: of it and the children it waited for.
        memory_mib: the largest resident set.
    """

    code: Optional[int]
    signal: Optional[int]
    cpu_seconds: float
    memory_mib: float

    @property
    def exit_code(self) -> int:
        """As a shell would say it."""
        return 128 + self.signal if self.signal is not None else int(self.code or 0)


def hold_signals() -> Set[int]:
    """Keeps signals for `wait_for`, before any thread starts; the mask that was in force, for the child."""
    return {int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED | {signal.SIGCHLD})}


def wait_beside(work: threading.Thread) -> "List[int]":
    """Signals that came while a thread worked, in order; returns at once where one of them asks for the end."""
    came: List[int] = []
    while work.is_alive():
        told = signal.sigtimedwait(FORWARDED, 0.02)
        if told is not None:
            came.append(told.si_signo)
            if told.si_signo in ENDING and signal.getsignal(told.si_signo) != signal.SIG_IGN:
                break
    return came


def start_child(command: Sequence[str], environment: Mapping[str, str], mask: Set[int]) -> int:
    """The process number of the command.

    Raises:
        OSError: it cannot be started.
    """
    # Python ignores these two; the child is to get them as it would without us.
    usual = [signal.SIGPIPE, signal.SIGXFSZ]
    return os.posix_spawnp(command[0], list(command), dict(environment), setsigmask=list(mask), setsigdef=usual)


def run_unreported(command: Sequence[str], mask: Optional[Set[int]] = None) -> NoReturn:
    """Becomes the command, since there is nobody to report on it."""
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - the command is the user's own
    except OSError as error:
        sys.stderr.write(f"mmbatch-report: {command[0]}: {error.strerror or error}\n")
        sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


def start_beside(command: str, environment: Mapping[str, str], complaints: int, *, keep_output: bool = False) -> int:
    """The process number of a shell command in a session of its own: no terminal, no stdin, stderr into a file.

    With `keep_output` stdout goes there too, else nowhere.

    Raises:
        OSError: it cannot be started.
    """
    nothing = os.devnull
    said = (os.POSIX_SPAWN_DUP2, complaints, 1) if keep_output else (os.POSIX_SPAWN_OPEN, 1, nothing, os.O_WRONLY, 0)
    files = [(os.POSIX_SPAWN_OPEN, 0, nothing, os.O_RDONLY, 0), said, (os.POSIX_SPAWN_DUP2, complaints, 2)]
    arguments = [SHELL, "-c", command]
    usual = [signal.SIGPIPE, signal.SIGXFSZ]
    try:
        return os.posix_spawn(
            SHELL, arguments, dict(environment), file_actions=files, setsid=True, setsigmask=[], setsigdef=usual
        )
    except NotImplementedError:  # an older libc: a group of its own will do
        return os.posix_spawn(
            SHELL, arguments, dict(environment), file_actions=files, setpgroup=0, setsigmask=[], setsigdef=usual
        )


def wait_for(child: int, on_signal: Callable[[int, Callable[[], None]], None], ours: Callable[[], List[int]]) -> End:
    """Waits for the child, forwarding signals meanwhile.

    Args:
        child: its process number.
        on_signal: called with each signal and what forwards it, to do something before.
        ours: processes that other threads wait for themselves.
    """
    while True:
        told = signal.sigwaitinfo(FORWARDED | {signal.SIGCHLD})
        if told.si_signo == signal.SIGCHLD:
            end = _reap(child, ours)
            if end is not None:
                return end
        elif told.si_code != FROM_KERNEL:
            number = told.si_signo
            on_signal(number, lambda number=number: send(child, number))  # type: ignore[misc]


def _reap(child: int, ours: Callable[[], List[int]]) -> Optional[End]:
    pid, status, used = os.wait4(child, os.WNOHANG)
    if pid == child:
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        return End(code, number, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
    if os.getpid() == 1:  # in a container without an init: orphans of the job become ours
        peeked = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if peeked is not None and peeked.si_pid not in (child, *ours()):
            os.waitpid(peeked.si_pid, os.WNOHANG)
    return None


def send(child: int, number: int) -> None:
    """Sends a signal to the child, if it is there."""
    with contextlib.suppress(OSError):
        os.kill(child, number)


def leave_as(end: End) -> NoReturn:
    """Ends this process as the child ended: by the same code, or by the same signal."""
    sys.stdout.flush()
    sys.stderr.flush()
    if end.signal is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        if end.signal not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(end.signal, signal.SIG_DFL)
        os.kill(os.getpid(), end.signal)
    os._exit(end.exit_code)  # the first process of a container is not ended by its own signals
