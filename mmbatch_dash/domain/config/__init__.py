"""What can be configured: models with their words, bounds and defaults, and the one check every door uses."""

from mmbatch_dash.domain.config.config import Config
from mmbatch_dash.domain.config.keys import KEYS, SECTIONS, Key, flatten, nearest_key
from mmbatch_dash.domain.config.parse import parse_config
from mmbatch_dash.domain.config.problems import ConfigConflict, ConfigRefused, Problem, unknown_key
from mmbatch_dash.domain.config.rules import warnings
from mmbatch_dash.domain.config.template import render_default, render_table
from mmbatch_dash.domain.config.text import from_text, plain_value, to_text

__all__ = [
    "KEYS",
    "SECTIONS",
    "Config",
    "ConfigConflict",
    "ConfigRefused",
    "Key",
    "Problem",
    "flatten",
    "from_text",
    "nearest_key",
    "parse_config",
    "plain_value",
    "render_default",
    "render_table",
    "to_text",
    "unknown_key",
    "warnings",
]
