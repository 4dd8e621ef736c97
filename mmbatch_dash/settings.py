"""Where a server keeps what it owns and where it listens. Knows no file format; config.yaml is the store's."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

DATA_DIR_VARIABLE = "MMBATCH_DASH_DATA_DIR"


class Settings(BaseModel):
    """What must be known before `config.yaml` can be read.

    Attributes:
        data_dir: absolute path of the folder that holds everything a server owns.
        host: address to listen on; None takes it from `addr` in config.yaml.
        port: port to listen on; None takes it from `addr`. 0 lets the system choose.
        simulated: the data come from the simulator, and every page says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    host: str | None = None
    port: int | None = Field(default=None, ge=0, le=65535)
    simulated: bool = False

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
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that command line and environment describe.

    Args:
        data_dir: `--data-dir`; None falls back as `choose_data_dir` says.
        host: `--host`.
        port: `--port`.
        simulated: whether this directory holds a simulated fleet.
        environ: environment to read; the process's own by default.
    """
    chosen = choose_data_dir(data_dir, environ)
    settings = Settings(data_dir=chosen, host=host, port=port, simulated=simulated)
    # A simulated folder stays marked whoever serves it.
    return settings if simulated else settings.model_copy(update={"simulated": settings.simulated_marker.exists()})
