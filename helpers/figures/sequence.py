"""A sequence diagram: who sends what to whom, from top to bottom in chronological order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.figures import style

ROW, HEAD, BAND = 0.3, 0.34, 0.3  # inches
MARGIN, GAP = 0.25, 0.5
SIZE = 9.5


def sequence(frame: pd.DataFrame, *, actors: Sequence[str], title: str) -> Axes:
    """Draw each message as an arrow between two lifelines, under a band that names what triggered it.

    Parameters
    ----------
    frame:
        step (what triggered the message; equal neighbours share a band) · sender, receiver · message (str) ·
        ok (bool; a message that is not ok is dashed, with a cross). One row per message, in order of time.
    actors:
        The lifelines from left to right; every sender and receiver is among them.
    title:
        What the figure shows, as a sentence.

    Returns
    -------
    Axes
        One unit is one inch. Arrows are annotations with gid "message". ``caption(ax)`` lists the messages by
        step.

    Raises
    ------
    ValueError
        If a sender or receiver is not among the actors, or a message goes to its own sender.
    """
    _check(frame, actors)
    rows: list[Any] = frame.to_dict("records")
    steps = [(str(step), list(group)) for step, group in groupby(rows, lambda row: row["step"])]
    lines = _lifelines(frame, actors)
    widest = max((style.text_width(step, SIZE, "bold") for step, _ in steps), default=0.0) + 0.4
    width = max(lines[actors[-1]] + MARGIN + _half(actors[-1]), widest, style.title_width(title))
    height = HEAD + 0.25 + sum(BAND + 0.18 + ROW * len(rows) for _, rows in steps) + 0.1
    with style.canvas(width, height, title) as ax:
        _actors(ax, lines, height)
        y = height - HEAD - 0.25
        for step, rows in steps:
            ax.add_patch(Rectangle((0.1, y - BAND), width - 0.2, BAND, facecolor="#E2E2DE", zorder=2))
            ax.text(0.2, y - BAND / 2, step, size=SIZE, weight="bold", va="center", zorder=3)
            y -= BAND + 0.1
            for row in rows:
                _message(ax, lines[row["sender"]], lines[row["receiver"]], y - ROW + 0.07, row)
                y -= ROW
            y -= 0.08
        ax.set_label(_caption(steps))
    return ax


def _check(frame: pd.DataFrame, actors: Sequence[str]) -> None:
    strangers = (set(frame["sender"]) | set(frame["receiver"])) - set(actors)
    if strangers or (frame["sender"] == frame["receiver"]).any():
        raise ValueError(
            f"messages need two different actors of {list(actors)}; unknown: {sorted(strangers)}"
        )


def _half(actor: str) -> float:
    return style.text_width(actor, SIZE, "bold") / 2 + 0.12


def _lifelines(frame: pd.DataFrame, actors: Sequence[str]) -> dict[str, float]:
    """x of each lifeline: neighbours are far enough apart for their names and the messages between them."""
    x = {actors[0]: MARGIN + _half(actors[0])}
    for left, right in pairwise(actors):
        between = frame[frame["sender"].isin([left, right]) & frame["receiver"].isin([left, right])]
        widest = max((style.text_width(text, SIZE) for text in between["message"]), default=0.0)
        x[right] = x[left] + max(widest + GAP, _half(left) + _half(right) + 0.2)
    return x


def _actors(ax: Axes, lines: dict[str, float], height: float) -> None:
    for actor, x in lines.items():
        half = _half(actor)
        ax.plot([x, x], [0.05, height - HEAD], color=style.SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        corner = (x - half, height - HEAD)
        paint: Any = {"facecolor": style.PALE, "edgecolor": style.INK, "linewidth": 1.2, "zorder": 4}
        style.rounded(ax, corner, 2 * half, HEAD - 0.04, **paint)
        ax.text(
            x, height - HEAD / 2 - 0.03, actor, size=SIZE, weight="bold", ha="center", va="center", zorder=5
        )


def _message(ax: Axes, start: float, end: float, y: float, row: Any) -> None:
    ok = bool(row["ok"])
    colour = style.ANSWER if ok else style.SILENCE
    arrow = ax.annotate(
        "",
        (end, y),
        (start, y),
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "linewidth": 1.5,
            "linestyle": "-" if ok else "--",
            "shrinkA": 0,
            "shrinkB": 0,
        },
        zorder=3,
    )
    arrow.set_gid("message")
    if not ok:
        ax.plot([(start + end) / 2], [y], "x", color=colour, markersize=8, markeredgewidth=2, zorder=4)
    ax.text((start + end) / 2, y + 0.045, str(row["message"]), size=SIZE, ha="center", va="bottom", zorder=5)


def _caption(steps: list[tuple[str, list[Any]]]) -> str:
    return " · ".join(
        f"{step}: " + ", ".join(str(row["message"]) + ("" if row["ok"] else " (failed)") for row in rows)
        for step, rows in steps
    )
