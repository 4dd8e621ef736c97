"""What the server can do, in one place for pages, API and command line.

Opening it all takes seconds of imports; whoever needs only a part, as the supervisor does, does not pay for the rest.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmbatch_dash.services.build import Services, open_services

__all__ = ["Services", "open_services"]


def __getattr__(name: str) -> Any:
    """Services and open_services, imported when first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mmbatch_dash.services import build

    return getattr(build, name)
