"""How much is searched at random: a part in every run, all of it in `make thorough`, which sets THOROUGH=1."""

import os

THOROUGH = os.environ.get("THOROUGH") == "1"


def effort(whole: int, part: int) -> int:
    """How many worlds, deaths or examples this run tries: the whole number where time is no matter, else the part."""
    return whole if THOROUGH else part
