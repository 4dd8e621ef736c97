"""Where the running server of a data directory listens, for commands beside it."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from mmbatch_dash.settings import Settings


def note_server_url(settings: Settings, url: str, socket: Path | None = None) -> None:
    """Writes down where the server listens: its address, and its private socket."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    note = {"url": url, **({"socket": str(socket)} if socket else {})}
    _note(settings).write_text(json.dumps(note), encoding="utf-8")


def forget_server_url(settings: Settings) -> None:
    """Takes the note away."""
    _note(settings).unlink(missing_ok=True)


def read_server_url(settings: Settings) -> str | None:
    """The URL noted down, or None."""
    try:
        return str(json.loads(_note(settings).read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        return None


def read_socket_path(settings: Settings) -> Path | None:
    """The private socket noted down, or None."""
    try:
        return Path(json.loads(_note(settings).read_text(encoding="utf-8"))["socket"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_listening(settings: Settings) -> tuple[str, int] | None:
    """Host and port noted down, or None."""
    url = urlsplit(read_server_url(settings) or "")
    return (url.hostname, url.port) if url.hostname and url.port else None


def _note(settings: Settings) -> Path:
    return settings.data_dir / "server.json"
