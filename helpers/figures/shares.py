"""Counts by name, next to the count that was expected for each."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from helpers.figures import style
from helpers.text import natural

_BAR, _GROUP = 0.36, 0.5  # inches: a bar, and the space between two groups


def shares(
    counts: Mapping[str, pd.Series], *, expected: float, title: str, quantity: str = "requests"
) -> Axes:
    """Draw counts as bars, one group per state, and the expected count as a line through all of them.

    Parameters
    ----------
    counts:
        A Series for each state ("fresh connections"): counts by name ("nginx.1"). A name that a state lacks
        counts as zero there.
    expected:
        The count of each name if all were equal.
    title:
        What the figure shows, as a sentence.
    quantity:
        What was counted, for the axis.

    Returns
    -------
    Axes
        Every bar has ``gid`` = "state|name"; its length is the count. One line with gid "expected".
    """
    table = pd.DataFrame(dict(counts)).fillna(0).astype(int)
    table = table.loc[sorted(table.index, key=natural)]
    height = 1.1 + len(table.columns) * (len(table) * _BAR + _GROUP)
    with style.axes(max(7.2, style.title_width(title)), height, title) as ax:
        ticks, y = {}, 0.0
        for state in table.columns:
            ax.text(0, y + 0.13, state, va="bottom", style="italic", color=style.SOFT)
            for number, (name, count) in enumerate(table[state].items()):
                y += _BAR
                colour, *_ = style.SERIES[number % 4]
                ax.barh(
                    y, count, _BAR * 0.8, color=colour, edgecolor=style.INK, gid=f"{state}|{name}", zorder=2
                )
                ax.annotate(f" {count}", (count, y), va="center")
                ticks[y] = str(name)
            y += _GROUP
        ax.axvline(
            expected,
            color=style.INK,
            linestyle="--",
            gid="expected",
            label=f"expected: {expected:g} each",
            zorder=3,
        )
        ax.set_yticks(list(ticks), list(ticks.values()))
        ax.set(
            xlabel=quantity,
            ylim=(y - _GROUP + _BAR, -_BAR),
            xlim=(0, max(table.to_numpy().max(), expected) * 1.12),
        )
        ax.grid(visible=False, axis="y")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.75 / height), fontsize=9.5)
        ax.set_label(
            " | ".join(
                f"{state}: " + ", ".join(f"{name} {count}" for name, count in table[state].items())
                for state in table.columns
            )
        )
    return ax
