"""Repeatable random draws: the one place that says why an unsafe generator is right here."""

from random import Random


def seeded(name: str) -> Random:
    """A generator that gives the same draws for the same name, in every process."""
    return Random(name)  # noqa: S311 - a simulation must repeat itself; nothing here is secret
