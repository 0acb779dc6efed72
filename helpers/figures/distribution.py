"""Round-trip times, every sample visible: no bins, no averages."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from helpers.figures import style

LOG_FROM = 8  # ratio of the largest time to the smallest above which the axis is logarithmic


def distribution(frame: pd.DataFrame, *, by: str, title: str, quantity: str = "round-trip time") -> Axes:
    """Draw the empirical distribution function of ``rtt_ms``, one line per value of the column ``by``.

    How to read it: the median is marked at a height of 0.5; a line further to the left is faster.

    Parameters
    ----------
    frame:
        Probe rows; those that are not ok have no time and are only counted.
    by:
        The column whose values are compared.
    title:
        What the figure shows, as a sentence.
    quantity:
        What was timed, for the axis.

    Returns
    -------
    Axes
        One line per group, with ``gid`` = the group; its x data are the sorted times in milliseconds.
    """
    answered = frame[frame["ok"]]
    told = []
    with style.axes(max(6.4, style.title_width(title)), 3.6, title) as ax:
        for number, (group, rows) in enumerate(frame.groupby(by, sort=False)):
            times = rows.loc[rows["ok"], "rtt_ms"].sort_values().to_list()
            told.append(f"{group} ({len(times)} of {len(rows)} answered)")
            if not times:
                continue
            colour, marker, line = style.SERIES[number % len(style.SERIES)]
            shares = [(rank + 1) / len(times) for rank in range(len(times))]
            median = float(pd.Series(times).median())
            ax.plot(
                times,
                shares,
                drawstyle="steps-post",
                color=colour,
                linestyle=line,
                linewidth=1.5,
                marker=marker,
                markersize=4.5,
                markeredgecolor=style.PAPER,
                markeredgewidth=0.4,
                label=f"{group}: median {median:.3g} ms (n = {len(times)})",
                gid=str(group),
            )
            ax.plot(
                [median],
                [0.5],
                marker=marker,
                markersize=10,
                color=colour,
                markeredgecolor=style.INK,
                zorder=5,
            )
        if len(answered) and answered["rtt_ms"].max() > LOG_FROM * answered["rtt_ms"].min() > 0:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter("{x:g}")
            ax.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
            ax.xaxis.set_minor_formatter("{x:g}")  # "20", not "2 × 10¹"
        else:
            ax.set_xlim(left=0)
        ax.axhline(0.5, color=style.SOFT, linewidth=0.8, zorder=0)
        ax.set(ylim=(0, 1.04), xlabel=f"{quantity} in milliseconds", ylabel="cumulative share of answers")
        if len(answered):
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=9.5)
        ax.set_label(f"{quantity}: " + ", ".join(told))
    return ax
