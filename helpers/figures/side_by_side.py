"""What is true on each generation, side by side: statements are rows, generations columns."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
from matplotlib.axes import Axes

from helpers.figures import style
from helpers.figures.cells import cell

CELL_W, CELL_H, GLYPH = 1.0, 0.34, 11
ROW_TEXT, HEAD, FOOT = 9.5, 0.4, 0.42
YES, NO = ("✓", style.ANSWER), ("✗", style.SILENCE)
SAME = "the same on all"


def side_by_side(seen: pd.DataFrame, *, title: str) -> Axes:
    """Draw a matrix in which each change is a step: a bar stands where a statement turns true or false.

    Parameters
    ----------
    seen:
        One row per statement, its text as the index; one column per generation, oldest first, of bool.
    title:
        What the figure shows, as a sentence.

    Returns
    -------
    Axes
        One unit is one inch. Rows are ordered by where they change, those that never do last. Every cell's
        glyph is a text with ``gid`` = "statement|generation". ``caption(ax)`` counts what changed where.
    """
    first = pd.Series([_first_change(states) for _, states in seen.iterrows()], seen.index)
    ordered = seen.loc[first.sort_values(kind="stable").index]
    left = max(style.text_width(str(statement), ROW_TEXT) for statement in ordered.index) + 0.4
    width = max(left + len(ordered.columns) * CELL_W + 0.2, style.title_width(title))
    height = HEAD + len(ordered) * CELL_H + FOOT
    with style.canvas(width, height, title) as ax:
        for column, generation in enumerate(ordered.columns):
            x = left + (column + 0.5) * CELL_W
            ax.text(x, height - HEAD + 0.1, generation, size=ROW_TEXT, weight="bold", ha="center")
        for row, (statement, states) in enumerate(ordered.iterrows(), 1):
            _row(ax, str(statement), states, (left, height - HEAD - row * CELL_H))
        ax.text(left, 0.14, "✓ true    ✗ not true    ▎it changes here", size=9, color=style.SOFT)
        ax.set_label(_caption(ordered))
    return ax


def changes(seen: pd.DataFrame) -> dict[str, list[str]]:
    """Return which statements change, by the step: {"20.10 → 26.1": [...], ...}; in the order of `seen`."""
    return {
        f"{old} → {new}": [str(statement) for statement in seen.index[seen[old] != seen[new]]]
        for old, new in pairwise(seen.columns)
    }


def _first_change(states: pd.Series) -> int:
    """The number of the first generation that differs from the one before; their number if none does."""
    values = states.to_list()
    return next((n for n, (old, new) in enumerate(pairwise(values)) if old != new), len(values))


def _row(ax: Axes, statement: str, states: pd.Series, corner: tuple[float, float]) -> None:
    left, bottom = corner
    ax.text(left - 0.15, bottom + CELL_H / 2, statement, size=ROW_TEXT, ha="right", va="center")
    before = None
    for column, (generation, true) in enumerate(states.items()):
        glyph, colour = YES if true else NO
        x, gid = left + column * CELL_W, f"{statement}|{generation}"
        cell(ax, (x, bottom), (CELL_W, CELL_H), glyph, colour, size=GLYPH, gid=gid, gap=2)
        if before is not None and true != before:
            ax.plot([x, x], [bottom, bottom + CELL_H], color=style.INK, linewidth=4, solid_capstyle="butt")
        before = true


def _caption(seen: pd.DataFrame) -> str:
    steps = changes(seen)
    constant = int((seen.nunique(axis="columns") == 1).sum())
    told = [f"{step}: {len(statements)} of {len(seen)} change" for step, statements in steps.items()]
    return " · ".join([*told, f"{SAME}: {constant}"])
