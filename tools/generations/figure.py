"""Every claim on each generation as one matrix: claims are rows, generations columns, chapters panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from helpers.figures import style
from helpers.figures.cells import cell
from helpers.learning.claims import FAILS, HOLDS, OUT_OF_SCOPE, REFUTED, SIGNS

NOT_DECIDED = "not decided"
Claims = Mapping[str, Sequence[str]]  # the verdicts on each generation, by claim
_COLOURS = {HOLDS: style.ANSWER, REFUTED: "#56B4E9", OUT_OF_SCOPE: style.PALE, FAILS: style.SILENCE}
_WIDTH, _HEIGHT, _LEFT = 0.24, 0.155, 0.42  # inches: a cell, and where a panel has its numbers
_HEAD, _FOOT = 0.75, 0.35


def numbers(claims: Claims) -> dict[str, str]:
    """Return the number of each claim whose verdict is not the same wherever it was decided, such as "7"."""
    return {
        claim: str(number)
        for number, (claim, verdicts) in enumerate(claims.items(), 1)
        if len({*verdicts} - {NOT_DECIDED}) > 1
    }


def save(chapters: Mapping[str, Claims], engines: Sequence[str], path: Path) -> None:
    """Draw the matrix of `chapters` on `engines` and write it to `path` as PNG."""
    ax = draw(chapters, engines)
    plt.gcf().savefig(path, dpi=style.DPI)
    plt.close(ax.get_figure())  # type: ignore[arg-type]


def draw(chapters: Mapping[str, Claims], engines: Sequence[str]) -> Axes:
    """Draw one panel per chapter.

    Returns
    -------
    Axes
        Every cell is a text with ``gid`` = "chapter|claim|engine".
    """
    title = _title([verdicts for claims in chapters.values() for verdicts in claims.values()], engines)
    panel = _LEFT + len(engines) * _WIDTH
    width = max(panel * len(chapters) + 0.2, style.title_width(title))
    height = _HEAD + _HEIGHT * max(map(len, chapters.values()), default=0) + _FOOT
    with style.canvas(width, height, title) as ax:
        for place, (chapter, claims) in enumerate(chapters.items()):
            _panel(ax, place * panel + _LEFT, height - _HEAD, chapter, claims, engines)
        legend = "    ".join(f"{SIGNS[verdict]} {verdict}" for verdict in _COLOURS)
        ax.text(_LEFT, _FOOT / 3, legend, size=9, color=style.SOFT, va="bottom")
        ax.set_label(title)
    return ax


def _title(claims: Sequence[Sequence[str]], engines: Sequence[str]) -> str:
    decided = [verdicts for verdicts in claims if NOT_DECIDED not in verdicts]
    same = sum(len({*verdicts}) == 1 for verdicts in decided)
    title = f"{same} of {len(decided)} claims have the same verdict on Engine {', '.join(engines)}"
    left = len(claims) - len(decided)
    return f"{title}; {left} are not decided on each" if left else title


def _panel(ax: Axes, left: float, top: float, chapter: str, claims: Claims, engines: Sequence[str]) -> None:
    ax.text(left, top + 0.5, chapter, size=10, weight="bold", va="bottom")
    for column, engine in enumerate(engines):
        x = left + (column + 0.5) * _WIDTH
        ax.text(x, top + 0.05, engine, size=7, rotation=90, ha="center", va="bottom")
    numbered = numbers(claims)
    for row, (claim, verdicts) in enumerate(claims.items(), 1):
        y = top - row * _HEIGHT
        ax.text(left - 0.06, y + _HEIGHT / 2, numbered.get(claim, ""), size=7, ha="right", va="center")
        for column, (engine, verdict) in enumerate(zip(engines, verdicts, strict=True)):
            corner = left + column * _WIDTH, y
            colour, sign = _COLOURS.get(verdict, style.PAPER), SIGNS.get(verdict, "?")
            gid = f"{chapter}|{claim}|{engine}"
            cell(ax, corner, (_WIDTH, _HEIGHT), sign, colour, size=7, gid=gid)
