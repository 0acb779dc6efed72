"""What containers have of their networks: interfaces and routes, one column per container, side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.figures import style

EDGE, GAP, PAD = 0.15, 0.3, 0.14
LABELS = 0.4  # the vertical text on the left
HEAD = 0.62
BOX, BOX_GAP = 0.5, 0.1  # an interface
LINE = 0.24  # a route
SECTION = 0.22  # between header, interfaces and routes
NAME, SMALL = 10, 9
NO_ROUTE = "no route"


def stacks(addresses: pd.DataFrame, routes: pd.DataFrame, endpoints: pd.DataFrame, *, title: str) -> Axes:
    """Draw a container's interfaces as boxes and its routes as lines, below a header in the driver's colour.

    Parameters
    ----------
    addresses, routes:
        As :func:`helpers.probes.addresses` and :func:`helpers.probes.routes` return them; one column per
        source of ``addresses``, in the same order.
    endpoints:
        As :func:`helpers.probes.endpoints` returns them: the network of each container.
    title:
        What the figure shows, as a sentence.

    Returns
    -------
    Axes
        One unit is one inch; an interface's address is a text with ``gid`` = "interface|source", a route one
        with "route|source". ``caption(ax)`` lists both.
    """
    sources = list(addresses["source"].unique())
    columns = {source: _Column(source, addresses, routes, endpoints) for source in sources}
    content = sum(column.width + GAP for column in columns.values()) - GAP
    width = max(EDGE + LABELS + content + EDGE, style.title_width(title))
    interfaces = max(len(column.interfaces) for column in columns.values()) * (BOX + BOX_GAP) - BOX_GAP
    paths = max(1, *(len(column.routes) for column in columns.values())) * LINE
    height = EDGE + HEAD + SECTION + interfaces + SECTION + paths + 2 * PAD
    with style.canvas(width, height, title) as ax:
        top = height
        first, second = top - HEAD - SECTION, top - HEAD - 2 * SECTION - interfaces
        _upright(ax, "interfaces", first - interfaces / 2)
        _upright(ax, "routes", second - paths / 2)
        left = EDGE + LABELS + max(0.0, (width - EDGE - LABELS - EDGE - content) / 2)
        for column in columns.values():
            _draw(ax, column, left, (top, first, second), EDGE)
            left += column.width + GAP
        ax.set_label(" | ".join(column.caption for column in columns.values()))
    return ax


class _Column:
    """The text of one container, and the width that it needs."""

    def __init__(
        self, source: str, addresses: pd.DataFrame, routes: pd.DataFrame, endpoints: pd.DataFrame
    ) -> None:
        self.source = source
        network = endpoints[endpoints["container"] == source].iloc[0]
        self.kind = style.kind(network["network"], network["driver"])
        mine = addresses[addresses["source"] == source]
        self.interfaces = list(mine[["interface", "ipv4", "mac"]].itertuples(index=False, name=None))
        found = routes[routes["source"] == source].to_dict("records")
        self.routes = [
            " via ".join(filter(None, (route["destination"], route["gateway"]))) + f" → {route['interface']}"
            for route in found
        ]
        bold = [style.text_width(source, NAME + 1, "bold")]
        bold += [
            style.text_width(name, NAME, "bold") + style.text_width(ipv4, NAME) + 0.25
            for name, ipv4, _ in self.interfaces
        ]
        plain = [style.text_width(text, SMALL) for text in self.routes or [NO_ROUTE]]
        plain += [style.text_width(self.kind.label, NAME)]
        self.width = max(*bold, *plain) + 2 * PAD

    @property
    def caption(self) -> str:
        interfaces = ", ".join(f"{name} {ipv4}" for name, ipv4, _ in self.interfaces)
        return f"{self.source} ({self.kind.label}): {interfaces}; {', '.join(self.routes) or NO_ROUTE}"


def _draw(ax: Axes, column: _Column, left: float, tops: tuple[float, float, float], bottom: float) -> None:
    top, first, second = tops
    ax.add_patch(
        Rectangle(
            (left, bottom), column.width, top - bottom, facecolor=style.PALE, edgecolor=style.SOFT, zorder=0
        )
    )
    paint: Any = {"facecolor": column.kind.colour, "edgecolor": style.INK, "zorder": 2}
    ax.add_patch(Rectangle((left, top - HEAD), column.width, HEAD, **paint))
    ink = style.ink_on(column.kind.colour)
    words: Any = {"color": ink, "va": "center", "zorder": 3}
    ax.text(left + PAD, top - 0.21, column.source, size=NAME + 1, weight="bold", **words)
    ax.text(left + PAD, top - 0.44, column.kind.label, size=NAME, **words)
    for number, (interface, ipv4, mac) in enumerate(column.interfaces):
        _interface(ax, column, left, first - number * (BOX + BOX_GAP) - BOX, (interface, ipv4, mac))
    for number, route in enumerate(column.routes or [NO_ROUTE]):
        ax.text(
            left + PAD,
            second - (number + 0.5) * LINE,
            route,
            size=SMALL,
            va="center",
            color=style.INK if column.routes else style.SILENCE,
            weight="normal" if column.routes else "bold",
            gid=f"route|{column.source}",
        )


def _interface(
    ax: Axes, column: _Column, left: float, bottom: float, interface: tuple[str, str, str]
) -> None:
    name, ipv4, mac = interface
    inner = column.width - PAD
    style.rounded(
        ax,
        (left + PAD / 2, bottom),
        inner,
        BOX,
        facecolor=style.PAPER,
        edgecolor=style.INK,
        linestyle="-" if mac else "--",
        zorder=2,
    )
    upper = bottom + (BOX * 0.68 if mac else BOX / 2)
    ax.text(left + PAD, upper, name, size=NAME, weight="bold", va="center", zorder=3)
    ax.text(
        left + PAD / 2 + inner - PAD / 2,
        upper,
        ipv4,
        size=NAME,
        ha="right",
        va="center",
        zorder=3,
        gid=f"interface|{column.source}",
    )
    ax.text(left + PAD, bottom + BOX * 0.28, mac, size=SMALL, color=style.SOFT, va="center", zorder=3)


def _upright(ax: Axes, text: str, middle: float) -> None:
    ax.text(
        EDGE + LABELS / 2,
        middle,
        text,
        size=NAME,
        weight="bold",
        rotation=90,
        ha="center",
        va="center",
        color=style.SOFT,
    )
