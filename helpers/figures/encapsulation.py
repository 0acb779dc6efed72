"""One captured frame: its headers side by side, in their order on the wire."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.figures import style

_HEIGHT, _TOP, _BOTTOM, _EDGE = 0.62, 0.66, 0.62, 0.2
_SIZE = 9
_PAD = 0.2
_CARRIERS = ("VXLAN", "ESP")


def encapsulation(layers: pd.DataFrame, *, title: str) -> Axes:
    """Draw the headers of a frame as boxes from left to right: the carrier grey, what it carries coloured.

    Boxes are as wide as their text, not to scale; each contains its number of bytes.

    Parameters
    ----------
    layers:
        As :func:`helpers.probes.layers` returns them.
    title:
        What the figure shows, as a sentence.

    Returns
    -------
    Axes
        One unit is one inch. Every box has ``gid`` = its layer; ``caption(ax)`` lists them with their bytes.
    """
    rows = layers.to_dict("records")
    widths = [
        max(style.text_width(line, _SIZE, "bold") for line in (str(row["layer"]), f"{row['bytes']} bytes"))
        + _PAD
        for row in rows
    ]
    notes = [_lines(str(row["says"])) for row in rows]
    widths = [
        max(width, *(style.text_width(line, 8) + _PAD for line in note))
        for width, note in zip(widths, notes, strict=True)
    ]
    carrier = next((number for number, row in enumerate(rows) if row["layer"] in _CARRIERS), -1)
    width = max(style.title_width(title), sum(widths) + 2 * _EDGE)
    left = (width - sum(widths)) / 2
    with style.canvas(width, _HEIGHT + _TOP + _BOTTOM, title) as ax:
        starts = [left + sum(widths[:number]) for number in range(len(rows) + 1)]
        for row, note, start, size, number in zip(
            rows, notes, starts, widths, range(len(rows)), strict=False
        ):
            colour = "#DADAD6" if number <= carrier else style.KINDS["overlay"].colour
            ax.add_patch(
                Rectangle(
                    (start, _BOTTOM),
                    size,
                    _HEIGHT,
                    facecolor=colour,
                    edgecolor=style.INK,
                    gid=str(row["layer"]),
                )
            )
            middle = start + size / 2
            ax.text(
                middle,
                _BOTTOM + _HEIGHT * 0.66,
                row["layer"],
                size=_SIZE,
                weight="bold",
                ha="center",
                va="center",
            )
            ax.text(
                middle, _BOTTOM + _HEIGHT * 0.3, f"{row['bytes']} bytes", size=_SIZE, ha="center", va="center"
            )
            ax.text(middle, _BOTTOM - 0.1, "\n".join(note), size=8, ha="center", va="top", linespacing=1.3)
        if carrier >= 0:
            _brace(ax, starts[0], starts[carrier + 1], "added by the sending machine", rows[: carrier + 1])
        if carrier + 1 < len(rows):
            what = "the container's own frame" if carrier >= 0 else "the frame"
            _brace(ax, starts[carrier + 1], starts[-1], what, rows[carrier + 1 :])
        ax.set_label(" + ".join(f"{row['layer']} {row['bytes']}" for row in rows) + " bytes")
    return ax


def _brace(ax: Axes, start: float, end: float, words: str, rows: list[dict[Any, Any]]) -> None:
    y, gap = _BOTTOM + _HEIGHT + 0.14, 0.04
    ax.plot([start + gap] * 2 + [end - gap] * 2, [y, y + 0.08, y + 0.08, y], color=style.INK, linewidth=1.2)
    total = sum(row["bytes"] for row in rows)
    text = f"{words}: {total} bytes"
    if style.text_width(text, _SIZE) > end - start:
        text = f"{words}:\n{total} bytes"
    ax.text((start + end) / 2, y + 0.14, text, size=_SIZE, ha="center", va="bottom")


def _lines(says: str) -> list[str]:
    """The two sides of an arrow, each on its own line."""
    first, arrow, second = says.partition(" → ")
    return [f"{first} →", second] if arrow else [first]
