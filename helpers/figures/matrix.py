"""Who reaches whom, as a matrix: one row per source, one column per target, one panel per ``via``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from helpers.figures import style
from helpers.figures.cells import cell

CELL = 0.62
GAP = 0.45  # between panels
SLANT = 0.75  # fraction of a slanted name's length that it takes up, both across and upwards
TEXT, GLYPH = 9.5, 15
YES, NO, SELF = ("✓", style.ANSWER), ("✗", style.SILENCE), ("·", style.PALE)


def matrix(frame: pd.DataFrame, *, title: str) -> Axes:
    """Draw what :func:`helpers.probes.who_reaches_whom` found: one panel per value of ``via``, side by side.

    ✓ means that every attempt of the pair was answered, ✗ that at least one was not.

    Returns
    -------
    Axes
        Every cell's glyph is a text with ``gid`` = "state|via|source|target" (state is "" here).
    """
    panels = {("", f"by {via}"): ("", via) for via in frame["via"].unique()}
    return _grid(panels, {"": frame}, title)


def matrices(frames: Mapping[str, pd.DataFrame], *, title: str) -> Axes:
    """Draw several states, such as {"before": …, "after": …}, side by side, one row per value of ``via``.

    Returns
    -------
    Axes
        As for :func:`matrix`.
    """
    ways = pd.concat(list(frames.values()))["via"].unique()
    return _grid({(f"by {via}", state): (state, via) for via in ways for state in frames}, frames, title)


def _grid(
    panels: dict[tuple[str, str], tuple[str, str]], frames: Mapping[str, pd.DataFrame], title: str
) -> Axes:
    """Panels by their headings: (left of the row, above the column) → (state, via)."""
    everything = pd.concat(list(frames.values()))
    if everything.empty:  # an experiment that does not apply to this Engine
        return _nothing(title)
    names = list(dict.fromkeys([*everything["source"], *everything["target"]]))
    sources = [name for name in names if name in set(everything["source"])]
    targets = [name for name in names if name in set(everything["target"])]
    rows, columns = (list(dict.fromkeys(headings)) for headings in zip(*panels, strict=True))
    longest = max(style.text_width(name, TEXT) for name in names)
    left = longest + 0.3 + (0.4 if any(rows) else 0)
    above = 0.35 + longest * SLANT + 0.2  # a panel's heading and its slanted column names
    step_x, step_y = len(targets) * CELL + GAP, len(sources) * CELL + GAP
    width = max(left + len(columns) * step_x + longest * SLANT - GAP + 0.3, style.title_width(title))
    height = above + len(rows) * step_y - GAP + 0.5
    with style.canvas(width, height, title) as ax:
        for j, heading in enumerate(columns):
            _column_names(ax, targets, left + j * step_x, height - above, heading)
        for i, heading in enumerate(rows):
            _row_names(ax, sources, left, height - above - i * step_y, heading)
        for (row, column), (state, via) in panels.items():
            corner = left + columns.index(column) * step_x, height - above - rows.index(row) * step_y
            rows_here = frames[state][frames[state]["via"] == via]
            _panel(ax, rows_here, (sources, targets), corner, f"{state}|{via}")
        verb = "pings" if (everything["protocol"] == "icmp").all() else "asks"
        legend = f"row {verb} column    ✓ answer    ✗ no answer"
        ax.text(left, 0.17, legend, size=9, color=style.SOFT, va="center")
        ax.set_label(_caption(frames))
    return ax


def _nothing(title: str) -> Axes:
    with style.canvas(style.title_width(title), 0.5, title) as ax:
        ax.text(0.14, 0.25, "Nothing was measured.", size=TEXT, color=style.SOFT, va="center")
        ax.set_label("nothing was measured")
    return ax


def _panel(
    ax: Axes, frame: pd.DataFrame, names: tuple[list[str], list[str]], corner: tuple[float, float], gid: str
) -> None:
    answered = frame.groupby(["source", "target"])["ok"].all()
    for i, source in enumerate(names[0]):
        for j, target in enumerate(names[1]):
            pair = (source, target)
            glyph, colour = SELF if pair not in answered.index else YES if answered[pair] else NO
            place = corner[0] + j * CELL, corner[1] - (i + 1) * CELL
            cell(
                ax,
                place,
                (CELL, CELL),
                glyph,
                colour,
                size=GLYPH,
                gid=f"{gid}|{source}|{target}",
                gap=2,
            )


def _row_names(ax: Axes, sources: list[str], left: float, top: float, heading: str) -> None:
    for i, source in enumerate(sources):
        ax.text(left - 0.1, top - (i + 0.5) * CELL, source, size=TEXT, ha="right", va="center")
    middle = top - len(sources) * CELL / 2
    ax.text(0.27, middle, heading, size=TEXT + 1, weight="bold", rotation=90, ha="center", va="center")


def _column_names(ax: Axes, targets: list[str], left: float, top: float, heading: str) -> None:
    slanted: dict[str, Any] = {"rotation": 40, "ha": "left", "va": "bottom", "rotation_mode": "anchor"}
    for j, target in enumerate(targets):
        ax.text(left + (j + 0.45) * CELL, top + 0.07, target, size=TEXT, **slanted)
    highest = max(style.text_width(target, TEXT) for target in targets) * SLANT + 0.2
    ax.text(left, top + highest, heading, size=TEXT + 1, weight="bold", va="bottom")


def _caption(frames: Mapping[str, pd.DataFrame]) -> str:
    parts = []
    for state, frame in frames.items():
        for via, rows in frame.groupby("via", sort=False):
            pairs = rows.groupby(["source", "target"])["ok"].all()
            panel = f"{state}, by {via}" if state else f"by {via}"
            parts.append(f"{panel}: {int(pairs.sum())} of {len(pairs)} pairs answer")
    return " · ".join(parts)
