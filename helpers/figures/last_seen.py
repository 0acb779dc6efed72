"""Where on its way a request was last seen: one line per case."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from helpers.figures import style

ROW, HEAD, FOOT = 0.78, 0.1, 0.15  # inches
LEFT, STEP, SIZE = 0.85, 1.75, 8.5
REACHED, MISSED = "o", "X"


def last_seen(frame: pd.DataFrame, *, title: str) -> Axes:
    """Draw each case's way from left to right, as far as its packets came in full colour.

    Parameters
    ----------
    frame:
        As ``helpers.learning.clinic.follow`` returns it, for one or more cases.
    title:
        What the figure shows, as a sentence.

    Returns
    -------
    Axes
        One unit is one inch. Each place is a line with gid "case|place" and one marker: a circle if it was
        reached, a cross if not. ``caption(ax)`` says for each case where its packets were last seen.
    """
    ways: dict[str, list[Any]] = {
        str(case): rows.to_dict("records") for case, rows in frame.groupby("case", sort=False)
    }
    steps = max(len(places) for places in ways.values())
    width = max(LEFT + steps * STEP, style.title_width(title))
    with style.canvas(width, HEAD + ROW * len(ways) + FOOT, title) as ax:
        for number, (case, places) in enumerate(reversed(ways.items())):
            _way(ax, case, places, FOOT + ROW * (number + 0.6))
        ax.set_label(" · ".join(f"{case}: {_told(places)}" for case, places in ways.items()))
    return ax


def _way(ax: Axes, case: str, places: list[Any], y: float) -> None:
    ax.text(0.14, y, case, fontweight="bold", va="center")
    xs = [LEFT + STEP * (step + 0.5) for step in range(len(places))]
    for (left, right), place in zip(pairwise(xs), places[1:], strict=True):
        reached = place["reached"]
        colour, line = (style.ANSWER, "-") if reached else (style.SILENCE, ":")
        ax.plot([left, right], [y, y], line, color=colour, linewidth=2, zorder=1)
    for x, place in zip(xs, places, strict=True):
        reached = place["reached"]
        ax.plot(
            [x],
            [y],
            REACHED if reached else MISSED,
            color=style.ANSWER if reached else style.SILENCE,
            markersize=9,
            gid=f"{case}|{place['place']}",
            zorder=2,
        )
        ax.text(x, y - 0.26, place["place"], ha="center", va="center", fontsize=SIZE)


def _told(places: list[Any]) -> str:
    reached = [place["place"] for place in places if place["reached"]]
    return f"last seen at {reached[-1]}" if reached else "seen nowhere"
