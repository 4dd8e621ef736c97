"""The steps of the fold, as SQL scripts that run in the order of their numbers."""

from functools import cache
from importlib.resources import files


@cache
def read_step(name: str) -> str:
    """The text of one step, by file name without ending."""
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
