"""The configuration in force at one moment, and the check that turns a text into one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mmbatch_dash.domain.config import KEYS, Config, ConfigRefused, Problem, flatten, parse_config
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.store.config.file import Signature
from mmbatch_dash.store.config.overrides import Override, overlay
from mmbatch_dash.store.config.trials import Trial
from mmbatch_dash.store.config.yaml import read_document

FILE_NAME = "config.yaml"


@dataclass(frozen=True, slots=True)
class State:
    """What readers see; replaced as a whole.

    Attributes:
        config: in force, environment overrides laid over the file.
        text: the accepted config.yaml.
        version: number of the accepted change.
        etag: changes whenever `public_tree` does.
        signature: of the file last looked at, accepted or not.
        problem: why the file as it stands was refused; None when it is in force.
    """

    config: Config
    text: str
    version: int
    etag: str
    signature: Signature | None
    problem: ConfigRefused | None = None


def public_tree(config: Config, queue: str | None = None) -> dict[str, Any]:
    """The configuration as nodes know it, as JSON: secrets and maps of our own left out.

    Args:
        config: in force.
        queue: whose own mode and interval stand in place of the global ones.
    """
    tree = config.as_json()
    if queue is not None:
        mode, interval = config.ckpt.for_queue(queue)
        tree["ckpt"] |= {"ckptMode": mode.value, "ckptInterval": str(interval)}
    for key in KEYS.values():
        if key.marks.secret or key.kind is Kind.TREE:
            *sections, name = key.name.split(".")
            place = tree
            for section in sections:
                place = place[section]
            del place[name]
    return tree


def etag_of(config: Config, queue: str | None = None) -> str:
    """A short digest of the public configuration, as it is for a queue if one is named."""
    canonical = json.dumps(public_tree(config, queue), sort_keys=True).encode()
    return hashlib.sha256(canonical).hexdigest()[:20]


def diff_of(before: Config | None, after: Config) -> dict[str, tuple[Any, Any]]:
    """Dotted key → (before, after) for each key that differs, as JSON has values; {} when there is no before."""
    if before is None:
        return {}
    old, new = flatten(before.as_json()), flatten(after.as_json())
    return {key: (old[key], value) for key, value in new.items() if old[key] != value}


class Check(Protocol):
    """Turns a text into a configuration, or refuses it."""

    def __call__(self, text: str, before: Config | None, *, tried: bool = False) -> Config:
        """The configuration; tried against the world too if `tried`."""


def check_text(
    text: str,
    overrides: Mapping[str, Override],
    trials: Sequence[Trial],
    before: Config | None,
    *,
    file: str = FILE_NAME,
) -> Config:
    """The configuration that a text gives under the overrides.

    Args:
        text: YAML.
        overrides: of the environment.
        trials: what to try against the world.
        before: in force now; its id must stay. None at the first start.
        file: named in errors.

    Raises:
        ConfigRefused: with file, line and key of each problem.
    """
    document = read_document(text, file=file)
    try:
        return check_tree(overlay(document.tree, overrides), overrides, trials, before)
    except ConfigRefused as error:
        placed = [
            problem if problem.key in overrides else replace(problem, line=document.line_of(problem.key))
            for problem in error.problems
        ]
        raise ConfigRefused(placed, file=file) from None


def check_tree(tree: Any, overrides: Mapping[str, Override], trials: Sequence[Trial], before: Config | None) -> Config:
    """The configuration that a tree gives, overrides already laid over it; arguments as `check_text`.

    Raises:
        ConfigRefused: with each problem; one of an override names its variable.
    """
    try:
        config = parse_config(tree)
        problems = _moved_id(config, before) or [problem for trial in trials for problem in trial(config, before)]
        if problems:
            raise ConfigRefused(problems)
    except ConfigRefused as error:
        named = [
            replace(problem, message=f"{problem.message} (set by {overrides[problem.key].variable})")
            if problem.key in overrides
            else problem
            for problem in error.problems
        ]
        raise ConfigRefused(named) from None
    return config


def _moved_id(config: Config, before: Config | None) -> list[Problem]:
    if before is None or config.id == before.id:
        return []
    return [fixed_key("id", before.id)]


def fixed_key(key: str, value: str) -> Problem:
    """The problem of a key that must stay."""
    return Problem(key, f"is made with the server and must stay {value}")
