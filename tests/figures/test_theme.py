"""Colours: the tokens of the style sheet, their contrast, and that charts use the same marks."""

import re
from pathlib import Path

import pytest

from mmbatch_dash.figures import theme

TOKENS = (Path(__file__).parents[2] / "assets" / "10-tokens.css").read_text(encoding="utf-8")
LIGHT = dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})", TOKENS.split('[data-bs-theme="dark"]')[0]))
DARK = {**LIGHT, **dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})", TOKENS.split('[data-bs-theme="dark"]')[1]))}
TEXT_ON_SURFACE = [
    (text, surface)
    for text in ("text", "text-2", "text-3", "accent-text", "saving", "bad-text", "warn-text")
    for surface in ("ground", "surface")
] + [
    ("warn-text", "warn-soft"),
    ("bad-text", "bad-soft"),
    ("accent-text", "accent-soft"),
    ("saving", "saving-soft"),
    ("text", "accent-soft"),
    ("text-2", "surface-2"),
    ("text-3", "saving-soft"),
    ("text-3", "accent-soft"),
]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), TEXT_ON_SURFACE)
def test_text_keeps_its_contrast_in_both_themes(tokens: dict[str, str], text: str, surface: str) -> None:
    assert contrast(tokens[text], tokens[surface]) >= 4.5


@pytest.mark.parametrize("colour", [*theme.MEANING_COLOURS.values(), *theme.SERIES, theme.PAID, theme.ACCENT])
def test_a_mark_is_seen_on_both_surfaces(colour: str) -> None:
    assert contrast(colour, theme.SURFACE_LIGHT) >= 3
    assert contrast(colour, theme.SURFACE_DARK) >= 3


def test_charts_and_style_sheet_agree_on_what_colours_mean() -> None:
    assert {name: LIGHT[f"mark-{name}"] for name in theme.MEANING_COLOURS} == dict(theme.MEANING_COLOURS)
    assert (LIGHT["surface"], DARK["surface"]) == (theme.SURFACE_LIGHT, theme.SURFACE_DARK)
    assert LIGHT["accent"] == theme.ACCENT
