"""Where a server keeps what it owns and where it listens. Knows no file format; config.yaml is the store's."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mmbatch_dash.domain.errors import InvalidInput

DATA_DIR_VARIABLE = "MMBATCH_DASH_DATA_DIR"
SETUP_VARIABLE = "MMBATCH_DASH_SETUP_LINK"
PROXIES_VARIABLE = "MMBATCH_DASH_TRUSTED_PROXIES"


class Settings(BaseModel):
    """What must be known before `config.yaml` can be read.

    Attributes:
        data_dir: absolute path of the folder that holds everything a server owns.
        host: address to listen on; None takes it from `addr` in config.yaml.
        port: port to listen on; None takes it from `addr`. 0 lets the system choose.
        simulated: the data come from the simulator, and every page says so.
        insecure_open: everybody who reaches the server may do everything, though there is no login.
        setup_link: without login, wait for the first admin behind a one-time link instead of refusing to start.
        trusted_proxies: how many proxies in front are believed about X-Forwarded-For and -Proto; 0 believes none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    host: str | None = None
    port: int | None = Field(default=None, ge=0, le=65535)
    simulated: bool = False
    insecure_open: bool = False
    setup_link: bool = False
    trusted_proxies: int = Field(default=0, ge=0, le=8)

    @property
    def config_file(self) -> Path:
        """The configuration people edit."""
        return self.data_dir / "config.yaml"

    @property
    def journal_dir(self) -> Path:
        """The append-only journal; everything else in the store can be made from it again."""
        return self.data_dir / "journal"

    @property
    def store_file(self) -> Path:
        """The folded tables."""
        return self.data_dir / "store.duckdb"

    @property
    def logs_dir(self) -> Path:
        """Rotating log files."""
        return self.data_dir / "logs"

    @property
    def simulated_marker(self) -> Path:
        """A file that only a simulated fleet's folder has; says what it was made with."""
        return self.data_dir / "simulated.json"

    @property
    def secrets_dir(self) -> Path:
        """Keys made on first start; readable by the owner only."""
        return self.data_dir / "secrets"


def choose_data_dir(given: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The data directory: the one given, else `MMBATCH_DASH_DATA_DIR`, else the user's own data folder."""
    environ = os.environ if environ is None else environ
    chosen = given or environ.get(DATA_DIR_VARIABLE)
    if not chosen:
        home = environ.get("XDG_DATA_HOME")
        chosen = (Path(home) if home else Path.home() / ".local" / "share") / "mmbatch_dash"
    return Path(chosen).expanduser().absolute()


def build_settings(
    data_dir: str | Path | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
    simulated: bool = False,
    insecure_open: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that command line and environment describe.

    Args:
        data_dir: `--data-dir`; None falls back as `choose_data_dir` says.
        host: `--host`.
        port: `--port`.
        simulated: whether this directory holds a simulated fleet.
        insecure_open: `--insecure-open`.
        environ: environment to read; the process's own by default.
    """
    chosen = choose_data_dir(data_dir, environ)
    variables = os.environ if environ is None else environ
    settings = Settings(
        data_dir=chosen,
        host=host,
        port=port,
        simulated=simulated,
        insecure_open=insecure_open,
        setup_link=variables.get(SETUP_VARIABLE, "") not in ("", "0", "false"),
        trusted_proxies=_count(PROXIES_VARIABLE, variables.get(PROXIES_VARIABLE, "")),
    )
    # A simulated folder stays marked whoever serves it.
    return settings if simulated else settings.model_copy(update={"simulated": settings.simulated_marker.exists()})


def _count(variable: str, text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and int(text) <= 8):
        raise InvalidInput("must be the number of proxies in front of this server, 0 to 8", field=variable)
    return int(text or 0)
