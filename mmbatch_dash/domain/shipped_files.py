"""Where the files that ship beside the code are: in the checkout, or inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "shipped"


def find_shipped(folder: str) -> Path:
    """The folder `assets`, `data` or `deploy` of this installation."""
    return (_INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent) / folder
