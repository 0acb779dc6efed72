"""Removing terminal colours from text, and sorting names in natural order."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def without_colours(text: str) -> str:
    """Return the text without the escape sequences that change a terminal's colours.

    Source: ECMA-48, Select Graphic Rendition.
    """
    return _COLOUR.sub("", text)


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts nginx.9 before nginx.10, and the address 10.0.0.9 before 10.0.0.10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]
