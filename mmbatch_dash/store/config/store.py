"""The one owner of config.yaml: what is in force, and the only way to change it. Knows neither pages nor HTTP."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmbatch_dash.domain.config import (
    KEYS,
    Config,
    ConfigConflict,
    ConfigRefused,
    Problem,
    flatten,
    plain_value,
    unknown_key,
    warnings,
)
from mmbatch_dash.domain.errors import NotFound
from mmbatch_dash.store.config.disk import ConfigDisk
from mmbatch_dash.store.config.edit import set_values
from mmbatch_dash.store.config.history import HISTORY_NAME, Change, ConfigHistory, Origin
from mmbatch_dash.store.config.overrides import Override, overlay, read_overrides
from mmbatch_dash.store.config.state import (
    FILE_NAME,
    State,
    check_text,
    check_tree,
    diff_of,
    etag_of,
    fixed_key,
    public_tree,
)
from mmbatch_dash.store.config.trials import DEFAULT_TRIALS, Trial
from mmbatch_dash.store.config.yaml import read_document


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do.

    Attributes:
        before: config.yaml as it is.
        after: config.yaml as it would be.
        diff: dotted key → (before, after).
        warnings: what is legal but probably not meant.
    """

    before: str
    after: str
    diff: Mapping[str, tuple[Any, Any]]
    warnings: Sequence[Problem]


MOST_QUEUES = 1000
"""Queues whose etag is kept at hand: 4,000 nodes ask for it twice a minute each."""


class ConfigStore:
    """The configuration of one data directory. Safe for threads, and beside other processes that use this class."""

    def __init__(
        self,
        data_dir: Path,
        *,
        environ: Mapping[str, str] | None = None,
        trials: Sequence[Trial] = DEFAULT_TRIALS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Reads the configuration, or makes it on the first start.

        Args:
            data_dir: the folder of everything a server owns.
            environ: where overrides are read; the process's own environment by default.
            trials: what to try against the world before a change is applied.
            clock: gives the time of a change.

        Raises:
            ConfigRefused: the file or an override is invalid and nothing was ever in force here.
        """
        self._overrides = read_overrides(os.environ if environ is None else environ)
        self._trials = tuple(trials)
        self._queue_etags: tuple[int, dict[str, str]] = (0, {})
        self._disk = ConfigDisk(data_dir, self._check, clock)

    def add_trial(self, trial: Trial) -> None:
        """Tries every later change against one thing more: what only a running server can say."""
        self._trials = (*self._trials, trial)

    # What is in force.

    def current(self) -> Config:
        """The configuration in force. Edits by hand are noticed within about a second of being asked."""
        self._disk.look()
        return self._disk.state.config

    def state(self) -> State:
        """The configuration in force with its text, version, etag and problem, all of one moment."""
        self._disk.look()
        return self._disk.state

    @property
    def version(self) -> int:
        """Number of the accepted change that is in force."""
        return self._disk.state.version

    @property
    def etag(self) -> str:
        """Changes whenever `public()` does."""
        return self._disk.state.etag

    def etag_for(self, queue: str | None) -> str:
        """The etag of what a node gets that asks for a queue, or for none."""
        if queue is None:
            return self.etag
        version, known = self._queue_etags
        if version != self.version or len(known) >= MOST_QUEUES:
            known = {}
            self._queue_etags = (self.version, known)
        if queue not in known:
            known[queue] = etag_of(self.current(), queue)
        return known[queue]

    @property
    def problem(self) -> ConfigRefused | None:
        """Why config.yaml as it stands was refused while the last good one stays in force; None when all is well."""
        return self._disk.state.problem

    @property
    def overrides(self) -> Mapping[str, Override]:
        """Dotted key → the environment variable that sets it; such keys cannot be changed here."""
        return self._overrides

    def public(self) -> dict[str, Any]:
        """The configuration in force as JSON, secrets left out."""
        return public_tree(self.current())

    @property
    def path(self) -> Path:
        """Where config.yaml lies."""
        return self._disk.path

    def history(self) -> list[Change]:
        """All accepted changes, newest first."""
        return list(self._disk.history.read())[::-1]

    def values_of(self, version: int) -> dict[str, Any]:
        """Dotted key → value of an earlier version, as JSON has values; overrides are not laid over it.

        Raises:
            NotFound: there is no such version.
        """
        tree = read_document(self._find(version).text).tree
        return flatten(check_tree(tree, {}, (), None).as_json())

    # Changing it.

    def preview(self, changes: Mapping[str, Any]) -> Preview:
        """What `apply` with these changes would do.

        Raises:
            ConfigRefused: as `apply`.
        """
        with self._disk.held():
            text, config = self._build(changes)
            return Preview(self._disk.state.text, text, diff_of(self._disk.state.config, config), warnings(config))

    def apply(
        self, changes: Mapping[str, Any], *, who: str, origin: Origin | str, expected_version: int | None = None
    ) -> Config:
        """Applies all changes, or none, and answers the configuration then in force.

        Args:
            changes: dotted key → value, as YAML has it. Values that mean the same as now change nothing.
            who: name of whoever changes it.
            origin: where the change comes from.
            expected_version: the version the values were read from; None saves over whatever is there.

        Raises:
            ConfigRefused: an unknown, fixed, overridden or invalid key, or config.yaml itself is broken.
            ConfigConflict: `expected_version` is no longer in force.
            StoreUnavailable: the file cannot be written.
        """
        with self._disk.held():
            if expected_version is not None and expected_version != self._disk.state.version:
                self._check_keys(changes)
                now = flatten(self._disk.state.config.as_json())
                values = {key: (now[key], plain_value(KEYS[key], value)) for key, value in changes.items()}
                raise ConfigConflict(self._disk.state.version, values)
            text, config = self._build(changes)
            if text != self._disk.state.text or self._disk.state.problem:
                self._disk.write(text, config, who, Origin(origin))
            return self._disk.state.config

    def restore(self, version: int, *, who: str, origin: Origin | str) -> Config:
        """Brings back the text of an earlier version as a new one, also over a broken config.yaml.

        Raises:
            NotFound: there is no such version.
            ConfigRefused: it is not valid any more.
        """
        with self._disk.held():
            change = self._find(version)
            config = self._check(change.text, self._disk.state.config, tried=True, file=f"version {version}")
            if change.text != self._disk.state.text or self._disk.state.problem:
                self._disk.write(change.text, config, who, Origin(origin), restored=version)
            return self._disk.state.config

    def refresh(self, *, settled: bool = False) -> bool:
        """Looks at once whether config.yaml was edited, and applies or refuses the edit.

        Args:
            settled: read it now, even where it may be half written.

        Returns:
            Whether something else is in force than before.
        """
        return self._disk.refresh(settled=settled)

    def _build(self, changes: Mapping[str, Any]) -> tuple[str, Config]:
        """The text and configuration that changes give; checked, not written."""
        self._check_keys(changes)
        state = self._disk.state
        if state.problem and state.signature:
            raise state.problem
        values = {key: plain_value(KEYS[key], value) for key, value in changes.items()}
        wished = {key: Override(key, "", value) for key, value in values.items()}
        tree = overlay(overlay(read_document(state.text).tree, self._overrides), wished)
        config = check_tree(tree, self._overrides, self._trials, state.config)
        changed = {key: values[key] for key in diff_of(state.config, config)}
        return set_values(state.text, changed) if changed else state.text, config

    def _find(self, version: int) -> Change:
        change = self._disk.history.find(version)
        if change is None:
            raise NotFound(f"There is no version {version}; the newest is {self._disk.state.version}.")
        return change

    def _check(self, text: str, before: Config | None, *, tried: bool = False, file: str = FILE_NAME) -> Config:
        return check_text(text, self._overrides, self._trials if tried else (), before, file=file)

    def _check_keys(self, changes: Mapping[str, Any]) -> None:
        problems = []
        for key, value in changes.items():
            if key not in KEYS:
                problems.append(unknown_key(key))
            elif KEYS[key].marks.fixed and value != self._disk.state.config.id:
                problems.append(fixed_key(key, self._disk.state.config.id))
            elif key in self._overrides:
                variable = self._overrides[key].variable
                problems.append(
                    Problem(key, f"is set by the environment variable {variable} and cannot be changed here")
                )
        if problems:
            raise ConfigRefused(problems)


def validate_text(
    text: str,
    data_dir: Path,
    *,
    file: str = FILE_NAME,
    environ: Mapping[str, str] | None = None,
    trials: Sequence[Trial] = DEFAULT_TRIALS,
) -> list[Problem]:
    """Warnings about a text that a server of this directory would accept as config.yaml; changes nothing.

    Args:
        text: YAML.
        data_dir: whose id the text must keep, if it has a configuration already.
        file: named in errors.
        environ: where overrides are read; the process's own environment by default.
        trials: what to try against the world.

    Raises:
        ConfigRefused: it would be refused.
    """
    overrides = read_overrides(os.environ if environ is None else environ)
    last = ConfigHistory(data_dir / HISTORY_NAME).last()
    before = check_text(last.text, overrides, (), None) if last else None
    return warnings(check_text(text, overrides, tuple(trials), before, file=file))
