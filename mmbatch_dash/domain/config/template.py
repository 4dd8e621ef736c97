"""The configuration a server starts with, as commented YAML made from the models (data/config.default.yaml)."""

import json
import re
import textwrap
from typing import Any

from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.config.keys import KEYS, Key, describe_sections

_HEAD = """\
# Configuration of mmbatch_dash. Every key is listed with its default; a key left out takes it.
# Edit by hand at any time: a running server notices, checks, and applies the file or says what is wrong.
# Durations are written as 1h30m, 15m or 90s.
"""


def render_default(server_id: str) -> str:
    """The default config.yaml for a server of this id."""
    sections = describe_sections()
    lines, opened = [_HEAD.rstrip()], ""
    for key in KEYS.values():
        if key.section != opened:
            indent = "  " * key.section.count(".")
            lines += ["", f"{indent}# {sections[key.section]}", f"{indent}{key.section.rpartition('.')[2]}:"]
            opened = key.section
        elif not key.section:
            lines.append("")
        lines += _entry(key, server_id if key.name == "id" else key.default)
    return "\n".join(lines) + "\n"


def render_table() -> str:
    """Every key as a Markdown table, for the README."""
    rows = ["| key | default | valid | what |", "|---|---|---|---|"]
    for key in KEYS.values():
        default = "made on first start" if key.marks.fixed else f"`{_plain(key, key.default)}`"
        what = key.description + (" Takes effect at a restart." if key.marks.restart else "")
        rows.append(f"| `{key.name}` | {default} | {_bounds(key)} | {what} |")
    return "\n".join(rows) + "\n"


def _bounds(key: Key) -> str:
    bounds = "true or false" if key.kind is Kind.BOOL else key.valid
    return f"{bounds}, in {key.marks.unit}" if key.marks.unit else bounds


def _entry(key: Key, value: Any) -> list[str]:
    indent = "  " * key.name.count(".")
    notes = [key.description, f"Valid: {_bounds(key)}."]
    if key.marks.job_variable:
        notes.append(f"A job's {key.marks.job_variable} overrides it.")
    if key.marks.restart:
        notes.append("Takes effect at a restart.")
    if key.marks.fixed:
        notes.append("Never change it.")
    comment = textwrap.wrap(" ".join(notes), 110 - len(indent))
    return [*(f"{indent}# {line}" for line in comment), f"{indent}{key.name.rpartition('.')[2]}: {_plain(key, value)}"]


def _plain(key: Key, value: Any) -> str:
    if key.kind is Kind.DURATION:
        return re.sub(r"(?<=h)0m0s$|(?<=m)0s$", "", value)
    return (value or '""') if isinstance(value, str) else json.dumps(value)
