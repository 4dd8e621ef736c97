"""Section `cluster`: what several servers share."""

from typing import Annotated

from pydantic import StrictStr

from mmbatch_dash.domain.config.controls import Control, Kind, rule
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.forms import is_absolute, is_database, or_empty

DATABASE = "postgresql://user@host:port/database, or the absolute path of a file that holds that"
SharedDatabase = Annotated[
    StrictStr,
    rule(or_empty(lambda text: is_absolute(text) or is_database(text)), f"must be {DATABASE}, or empty", secret=True),
    Control(Kind.TEXT, f"{DATABASE}, or empty"),
]


class Cluster(Section):
    """Of a server that serves alone nothing of it is set."""

    postgres: SharedDatabase = setting(
        "postgres",
        "",
        "PostgreSQL database that several servers share: journal, configuration, users; docs/cluster.md.",
        restart=True,
        secret=True,
        ours=True,
    )
