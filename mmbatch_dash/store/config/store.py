"""The one owner of config.yaml: what is in force, and the only way to change it. Knows neither pages nor HTTP."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
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
from mmbatch_dash.store.config.history import Change, Origin
from mmbatch_dash.store.config.overrides import Override, overlay, read_overrides
from mmbatch_dash.store.config.shared import NAME, SharedConfig
from mmbatch_dash.store.config.shared_database import KEY, read_shared_database
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
from mmbatch_dash.store.documents.interface import Documents, Outdated


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
        documents: Documents | None = None,
        environ: Mapping[str, str] | None = None,
        trials: Sequence[Trial] = DEFAULT_TRIALS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Reads the configuration, or makes it on the first start.

        Args:
            data_dir: the folder of everything a server owns.
            documents: keep it for several servers, if they are shared; else the folder does.
            environ: where overrides are read; the process's own environment by default.
            trials: what to try against the world before a change is applied.
            clock: gives the time of a change.

        Raises:
            ConfigRefused: the file or an override is invalid and nothing was ever in force here.
        """
        self._overrides = read_overrides(os.environ if environ is None else environ)
        self._trials = tuple(trials)
        self._queue_etags: tuple[int, dict[str, str]] = (0, {})
        if documents is not None and documents.history(NAME) is not None:
            # The database cannot say where it is: each server knows that by itself.
            told = read_shared_database(data_dir, environ)
            self._overrides.setdefault(KEY, Override(KEY, FILE_NAME, told))
            self._kept: ConfigDisk | SharedConfig = SharedConfig(data_dir, documents, self._check, clock)
        else:
            self._kept = ConfigDisk(data_dir, self._check, clock)

    def add_trial(self, trial: Trial) -> None:
        """Tries every later change against one thing more: what only a running server can say."""
        self._trials = (*self._trials, trial)

    # What is in force.

    def current(self) -> Config:
        """The configuration in force. Edits by hand are noticed within about a second of being asked."""
        self._kept.look()
        return self._kept.state.config

    def state(self) -> State:
        """The configuration in force with its text, version, etag and problem, all of one moment."""
        self._kept.look()
        return self._kept.state

    @property
    def version(self) -> int:
        """Number of the accepted change that is in force."""
        return self._kept.state.version

    @property
    def etag(self) -> str:
        """Changes whenever `public()` does."""
        return self._kept.state.etag

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
        return self._kept.state.problem

    @property
    def overrides(self) -> Mapping[str, Override]:
        """Dotted key → the environment variable that sets it; such keys cannot be changed here."""
        return self._overrides

    def public(self) -> dict[str, Any]:
        """The configuration in force as JSON, secrets left out."""
        return public_tree(self.current())

    @property
    def place(self) -> str:
        """Where the configuration is, for people."""
        return self._kept.place

    @property
    def path(self) -> Path:
        """Where config.yaml lies."""
        return self._kept.path

    def history(self) -> list[Change]:
        """All accepted changes, newest first."""
        return list(self._kept.history.read())[::-1]

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
        with self._kept.held():
            text, config = self._build(changes)
            return Preview(self._kept.state.text, text, diff_of(self._kept.state.config, config), warnings(config))

    def apply(
        self,
        changes: Mapping[str, Any],
        *,
        who: str,
        origin: Origin | str,
        expected_version: int | None = None,
        expected_etags: Collection[str] | None = None,
    ) -> Config:
        """Applies all changes, or none, and answers the configuration then in force.

        Args:
            changes: dotted key → value, as YAML has it. Values that mean the same as now change nothing.
            who: name of whoever changes it.
            origin: where the change comes from.
            expected_version: the version the values were read from; None saves over whatever is there.
            expected_etags: the same by etag.

        Raises:
            ConfigRefused: an unknown, fixed, overridden or invalid key, or config.yaml itself is broken.
            ConfigConflict: neither `expected_version` nor one of `expected_etags` is in force any more.
            StoreUnavailable: it cannot be written.
        """

        def change() -> None:
            state = self._kept.state
            other_version = expected_version is not None and expected_version != state.version
            if other_version or (expected_etags is not None and state.etag not in expected_etags):
                self._check_keys(changes)
                now = flatten(state.config.as_json())
                values = {key: (now[key], plain_value(KEYS[key], value)) for key, value in changes.items()}
                raise ConfigConflict(state.version, values)
            text, config = self._build(changes)
            if text != state.text or state.problem:
                self._kept.write(text, config, who, Origin(origin))

        return self._swapped(change)

    def restore(self, version: int, *, who: str, origin: Origin | str) -> Config:
        """Brings back the text of an earlier version as a new one, also over a broken config.yaml.

        Raises:
            NotFound: there is no such version.
            ConfigRefused: it is not valid any more.
        """

        def change() -> None:
            earlier, state = self._find(version), self._kept.state
            config = self._check(earlier.text, state.config, tried=True, file=f"version {version}")
            if earlier.text != state.text or state.problem:
                self._kept.write(earlier.text, config, who, Origin(origin), restored=version)

        return self._swapped(change)

    def _swapped(self, change: Callable[[], None]) -> Config:
        """The configuration after a change, which is made again where another server saved in that moment."""
        while True:
            with suppress(Outdated), self._kept.held():
                change()
                return self._kept.state.config

    def refresh(self, *, settled: bool = False) -> bool:
        """Looks at once whether config.yaml was edited, and applies or refuses the edit.

        Args:
            settled: read it now, even where it may be half written.

        Returns:
            Whether something else is in force than before.
        """
        return self._kept.refresh(settled=settled)

    def _build(self, changes: Mapping[str, Any]) -> tuple[str, Config]:
        """The text and configuration that changes give; checked, not written."""
        self._check_keys(changes)
        state = self._kept.state
        if state.problem and state.signature:
            raise state.problem
        values = {key: plain_value(KEYS[key], value) for key, value in changes.items()}
        wished = {key: Override(key, "", value) for key, value in values.items()}
        tree = overlay(overlay(read_document(state.text).tree, self._overrides), wished)
        config = check_tree(tree, self._overrides, self._trials, state.config)
        changed = {key: values[key] for key in diff_of(state.config, config)}
        return set_values(state.text, changed) if changed else state.text, config

    def _find(self, version: int) -> Change:
        change = self._kept.history.find(version)
        if change is None:
            raise NotFound(f"There is no version {version}; the newest is {self._kept.state.version}.")
        return change

    def _check(self, text: str, before: Config | None, *, tried: bool = False, file: str = FILE_NAME) -> Config:
        return check_text(text, self._overrides, self._trials if tried else (), before, file=file)

    def _check_keys(self, changes: Mapping[str, Any]) -> None:
        problems = []
        for key, value in changes.items():
            if key not in KEYS:
                problems.append(unknown_key(key))
            elif KEYS[key].marks.fixed and value != self._kept.state.config.id:
                problems.append(fixed_key(key, self._kept.state.config.id))
            elif key in self._overrides:
                source = self._overrides[key].source
                problems.append(Problem(key, f"is set by {source} and cannot be changed here"))
        if problems:
            raise ConfigRefused(problems)
