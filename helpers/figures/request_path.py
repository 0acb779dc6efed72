"""The way of one request and of its answer: the stops side by side, and what each packet has between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.figures import style

STOP, STOP_HEIGHT, EDGE, GAP = 0.5, 2.15, 0.2, 0.12  # inches
HEAD, FOOT, LANE = 0.42, 0.62, 1.12
SIZE, SMALL = 8.5, 8
CHANGED = "#B34A00"


def request_path(path: pd.DataFrame, *, title: str) -> Axes:
    """Draw the request from left to right, below it the answer from right to left.

    An arrow carries the packet's source and target; what differs from the part before is bold and coloured.
    The lines below a stop say what rewrites the packet there. A part that crosses the LAN inside another
    packet has a wide arrow, with its carrier.

    Parameters
    ----------
    path:
        As :func:`helpers.probes.request_path` returns it.
    title:
        What the figure shows, as a sentence.

    Returns
    -------
    Axes
        One unit is one inch. Each packet's end is a text with ``gid`` = "way|sender|source" or
        "way|sender|target", in bold if it has been rewritten. ``caption(ax)`` lists the packets.
    """
    parts: dict[str, list[Any]] = {
        str(way): rows.to_dict("records") for way, rows in path.groupby("way", sort=False)
    }
    request, answer = parts["request"], parts["answer"]
    stops = [request[0]["sender"], *(row["receiver"] for row in request)]
    x = _positions(stops, request, answer)
    width = max(x[stops[-1]] + STOP / 2 + 2 * EDGE, style.title_width(title))
    bottom = FOOT + 0.1
    with style.canvas(width, bottom + STOP_HEIGHT + HEAD + 0.15, title) as ax:
        _machines(ax, stops, x, bottom)
        for rows, lane in ((request, bottom + STOP_HEIGHT - 0.5), (answer, bottom + 0.48)):
            _lane(ax, rows, x, lane)
        for stop in stops:
            _stop(ax, stop, x[stop], bottom)
            _rewriting(ax, x[stop], bottom, [row for row in [*request, *answer] if row["sender"] == stop])
        ax.set_label(_caption(parts))
    return ax


def _positions(stops: Sequence[str], request: Sequence[Any], answer: Sequence[Any]) -> dict[str, float]:
    """x of each stop's middle: neighbours are far enough apart for what is written between them."""
    x = {stops[0]: EDGE + GAP + STOP / 2}
    for number, (left, right) in enumerate(pairwise(stops)):
        rows = request[number], answer[len(answer) - 1 - number]
        texts = [text for row in rows for text in (*_ends(row), *_carrier(row))]
        widest = max(style.text_width(text, SIZE, "bold") for text in texts)
        x[right] = x[left] + STOP + max(widest + 0.3, 1.0)
    return x


def _ends(row: Any) -> tuple[str, str]:
    return str(row["source"]), f"→ {row['target']}"


def _carrier(row: Any) -> list[str]:
    """A carrier in two lines: its name, and from where to where it goes."""
    name, _, way = str(row["carrier"]).partition(", ")
    return [line for line in (name, way) if line]


def _machines(ax: Axes, stops: Sequence[str], x: dict[str, float], bottom: float) -> None:
    for machine, group in groupby(stops, lambda stop: stop.partition(": ")[0]):
        inside = list(group)
        left, right = x[inside[0]] - STOP / 2 - GAP, x[inside[-1]] + STOP / 2 + GAP
        frame: Any = {"facecolor": style.PALE, "edgecolor": style.SOFT, "linewidth": 1.2, "zorder": 1}
        style.rounded(ax, (left, bottom - 0.06), right - left, STOP_HEIGHT + HEAD - 0.02, **frame)
        ax.text(
            (left + right) / 2,
            bottom + STOP_HEIGHT + HEAD - 0.25,
            machine,
            size=10,
            weight="bold",
            ha="center",
            va="center",
        )


def _stop(ax: Axes, stop: str, x: float, bottom: float) -> None:
    paint: Any = {"facecolor": style.PAPER, "edgecolor": style.INK, "linewidth": 1.2, "zorder": 3}
    style.rounded(ax, (x - STOP / 2, bottom), STOP, STOP_HEIGHT, **paint)
    ax.text(
        x,
        bottom + STOP_HEIGHT / 2,
        stop.partition(": ")[2],
        size=SIZE + 0.5,
        rotation=90,
        ha="center",
        va="center",
        zorder=4,
    )


def _lane(ax: Axes, rows: Sequence[Any], x: dict[str, float], y: float) -> None:
    """One packet's way: an arrow per part, above it what the packet has there."""
    before: tuple[str, str] | None = None
    for row in rows:
        start, end = x[row["sender"]], x[row["receiver"]]
        side = STOP / 2 if end > start else -STOP / 2
        start, end, middle = start + side, end - side, (start + end) / 2
        if row["carrier"]:
            wide: Any = {"facecolor": style.KINDS["overlay"].colour, "zorder": 2}
            ax.add_patch(Rectangle((min(start, end), y - 0.09), abs(end - start), 0.18, **wide))
            carrier: Any = {"size": SMALL, "ha": "center", "va": "top", "linespacing": 1.25}
            ax.text(middle, y - 0.14, "\n".join(_carrier(row)), **carrier)
        arrow: Any = {"arrowstyle": "-|>", "color": style.INK, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (end, y), (start, y), arrowprops=arrow, zorder=3)
        packet = str(row["source"]), str(row["target"])
        for number, (name, height) in enumerate((("source", 0.3), ("target", 0.13))):
            rewritten = before is not None and before[number] != packet[number]
            marked: Any = {"weight": "bold", "color": CHANGED} if rewritten else {}
            gid = f"{row['way']}|{row['sender']}|{name}"
            place: Any = {"size": SIZE, "ha": "center", "va": "bottom", "gid": gid}
            ax.text(middle, y + height, _ends(row)[number], **place, **marked)
        before = packet


def _rewriting(ax: Axes, x: float, bottom: float, rows: Sequence[Any]) -> None:
    """What happens to packets at a stop, below it: with the request, then with the answer."""
    arrows = {"request": "▸", "answer": "◂"}
    lines = [f"{arrows[row['way']]} {row['by']}" for row in rows if row["by"]]
    ax.text(x, bottom - 0.12, "\n".join(lines), size=SMALL, ha="center", va="top", linespacing=1.35)


def _caption(parts: dict[str, list[Any]]) -> str:
    return " · ".join(
        f"{way}: " + ", ".join(f"{row['source']} → {row['target']}" for row in rows)
        for way, rows in parts.items()
    )
