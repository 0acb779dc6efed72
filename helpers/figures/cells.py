"""One cell of a grid: a coloured square with a glyph, so that colour is never the only cue."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.figures import style


def cell(
    ax: Axes,
    corner: tuple[float, float],
    extent: tuple[float, float],
    glyph: str,
    colour: str,
    *,
    size: float,
    gid: str,
    gap: float = 1.0,
) -> None:
    """Draw one cell.

    Parameters
    ----------
    ax:
        From `style.canvas`: one unit is one inch.
    corner, extent:
        The lower left corner; width and height.
    glyph, colour:
        What stands in the cell, and its background. The glyph is black or white, whichever is easier to read.
    size:
        Of the glyph, in points.
    gid:
        By which tests find the glyph.
    gap:
        The width in points of the white line around the cell.
    """
    (x, y), (width, height) = corner, extent
    ax.add_patch(Rectangle(corner, width, height, facecolor=colour, edgecolor=style.PAPER, linewidth=gap))
    ink = style.ink_on(colour)
    ax.text(
        x + width / 2, y + height / 2, glyph, size=size, color=ink, ha="center", va="center_baseline", gid=gid
    )
