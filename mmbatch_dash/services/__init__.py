"""What the server can do, in one place for pages, API and command line."""

from mmbatch_dash.services.build import Services, open_services

__all__ = ["Services", "open_services"]
