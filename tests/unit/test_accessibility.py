"""What readers need who cannot see the figures or colours, or who navigate a chapter by its headings."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from matplotlib.colors import to_rgb

from helpers.figures import style
from helpers.paths import chapter_files

every_chapter = pytest.mark.parametrize("path", chapter_files(), ids=lambda path: path.stem)
_HEADING = re.compile(r"^(#+) ", flags=re.MULTILINE)


def cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)


@every_chapter
def test_every_stored_figure_has_alternative_text(path: Path) -> None:
    outputs = [output for cell in cells(path) for output in cell.get("outputs", [])]
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert figures
    for figure in figures:
        said = figure.metadata.get("image/png", {}).get("alt", "")
        assert len(said.split()) > 5, f"a figure of {path.name} has only the alternative text {said!r}"


@every_chapter
def test_headings_come_in_order(path: Path) -> None:
    prose = "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")
    levels = [len(marks) for marks in _HEADING.findall(re.sub(r"(?ms)^```.*?^```", "", prose))]
    assert levels[0] == 1
    assert 1 not in levels[1:], "a second title"
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


def test_kinds_of_network_are_distinguishable_without_colour() -> None:
    for one, other in combinations(style.KINDS.values(), 2):
        lightness = [_lightness(kind.colour) for kind in (one, other)]
        assert one.hatch != other.hatch or abs(lightness[0] - lightness[1]) > 0.15, (one, other)


def test_series_are_distinguishable_without_colour() -> None:
    for one, other in combinations(style.SERIES, 2):
        assert one[1] != other[1], "the same marker"
        assert one[2] != other[2], "the same line"


def _lightness(colour: str) -> float:
    """The luminance, weighted as a greyscale printer weights red, green and blue."""
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue
