"""The lab as it is wired, drawn from live inspection: LAN, machines, networks, containers."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.figures import layout, style
from helpers.figures.layout import BAR, BOX, LanBar, MachineFrame, NetworkBar

LAN_COLOUR = "#4A4A4A"


def topology(
    endpoints: pd.DataFrame,
    networks: pd.DataFrame | None = None,
    lan: pd.DataFrame | None = None,
    *,
    title: str,
) -> Axes:
    """Draw every machine with its networks as bars and its containers as boxes connected to them.

    A dot is a connection; a line without a dot passes behind the bar. Machines are in a row below the LAN, or
    in a column beside it if a row would be too wide to print.

    Parameters
    ----------
    endpoints:
        As :func:`helpers.probes.endpoints` returns them.
    networks:
        As :func:`helpers.probes.networks` returns them: adds subnets, and networks without containers.
    lan:
        As :func:`helpers.probes.lan` returns it: adds the LAN, and machines without containers.
    title:
        What the figure shows, as a sentence.

    Returns
    -------
    Axes
        One unit is one inch. ``caption(ax)`` lists the networks with their containers.
    """
    plan = layout.plan(endpoints, networks, lan, style.title_width(title))
    with style.canvas(plan.width, plan.height, title) as ax:
        for machine in plan.machines:
            _machine(ax, machine)
        if plan.lan:
            _lan(ax, plan.lan, plan.machines)
        ax.set_label(_caption(plan.machines))
    return ax


def _machine(ax: Axes, machine: MachineFrame) -> None:
    style.rounded(
        ax,
        (machine.left, machine.bottom),
        machine.width,
        machine.height,
        rounding=0.1,
        facecolor=style.PALE,
        edgecolor=style.SOFT,
        linewidth=1.2,
        zorder=0,
    )
    ax.text(
        machine.left + layout.PAD,
        machine.top - 0.24,
        machine.name,
        size=layout.NAME + 1,
        weight="bold",
        va="center",
    )
    for bar in machine.bars:
        _bar(ax, bar, machine.left + layout.PAD, machine.width - 2 * layout.PAD)
    for box in machine.boxes:
        isolated = all(port.bar is None for port in box.ports)
        style.rounded(
            ax,
            (box.left, box.bottom),
            box.width,
            BOX,
            facecolor=style.PAPER,
            edgecolor=style.INK,
            linewidth=1.3,
            linestyle="--" if isolated else "-",
            zorder=4,
        )
        ax.text(
            box.left + box.width / 2,
            box.bottom + BOX / 2 - 0.01,
            box.name,
            size=layout.NAME,
            weight="bold",
            ha="center",
            va="center",
            zorder=5,
        )
        for port in box.ports:
            if port.bar:
                _line(ax, port.x, box.bottom + BOX, port.bar)
            ax.text(
                port.x + (0.09 if port.bar else 0),
                box.bottom + BOX + layout.PORT_SPACE / 2 + 0.01,
                port.label,
                size=layout.SMALL,
                va="center",
                linespacing=1.35,
                zorder=5,
            )


def _bar(ax: Axes, bar: NetworkBar, left: float, width: float) -> None:
    ink = style.ink_on(bar.kind.colour)
    dashed = bar.kind is style.KINDS["none"]
    paint: Any = {"facecolor": bar.kind.colour, "edgecolor": style.INK, "linewidth": 1.0}
    ax.add_patch(
        Rectangle((left, bar.bottom), width, BAR, linestyle="--" if dashed else "-", zorder=3, **paint)
    )
    if bar.kind.hatch:
        ax.add_patch(
            Rectangle((left, bar.bottom), layout.SWATCH, BAR, hatch=bar.kind.hatch, zorder=3, **paint)
        )
    middle = bar.bottom + BAR / 2 - 0.01
    x = left + layout.TEXT_GAP + (layout.SWATCH if bar.kind.hatch else 0)
    words: Any = {"va": "center", "color": ink, "zorder": 5}
    ax.text(x, middle, bar.name, size=layout.NAME, weight="bold", **words)
    x += style.text_width(bar.name, layout.NAME, "bold") + layout.TEXT_GAP
    ax.text(x, middle, bar.subnet, size=layout.NAME, **words)
    ax.text(left + width - layout.TEXT_GAP, middle, bar.note, size=layout.SMALL, ha="right", **words)


def _line(ax: Axes, x: float, bottom: float, bar: NetworkBar) -> None:
    """A cable with a dark edge (so that yellow is visible on white) and a plug where it is connected."""
    for width, colour in ((4.2, style.INK), (2.6, bar.kind.colour)):
        ax.plot([x, x], [bottom, bar.bottom], color=colour, linewidth=width, solid_capstyle="butt", zorder=1)
    _plug(ax, x, bar.bottom)


def _plug(ax: Axes, x: float, y: float) -> None:
    ax.plot([x], [y], "o", markersize=7, markerfacecolor=style.PAPER, markeredgecolor=style.INK, zorder=4)


def _lan(ax: Axes, lan: LanBar, machines: list[MachineFrame]) -> None:
    paint: Any = {"facecolor": LAN_COLOUR, "edgecolor": style.INK}
    ax.add_patch(Rectangle((lan.left, lan.bottom), lan.width, lan.height, zorder=3, **paint))
    ax.text(
        lan.left + lan.width / 2,
        lan.bottom + lan.height / 2,
        f"LAN   {lan.subnet}",
        size=layout.NAME,
        weight="bold",
        color=style.PAPER,
        ha="center",
        va="center",
        rotation=90 if lan.upright else 0,
        zorder=5,
    )
    for machine in machines:
        if not machine.uplink:
            continue
        if lan.upright:
            y = machine.top - 0.24
            ends, plug = ([lan.left + lan.width, machine.left], [y, y]), (lan.left + lan.width, y)
            label: Any = {"x": machine.left - 0.1, "y": y, "ha": "right", "va": "center"}
        else:
            x = machine.left + machine.width / 2
            ends, plug = ([x, x], [machine.top, lan.bottom]), (x, lan.bottom)
            label = {"x": x + 0.12, "y": (machine.top + lan.bottom) / 2, "va": "center"}
        ax.plot(*ends, color=style.INK, linewidth=2.4, solid_capstyle="butt", zorder=1)
        _plug(ax, *plug)
        ax.text(s=machine.uplink, size=layout.SMALL, linespacing=1.5, **label)


def _caption(machines: list[MachineFrame]) -> str:
    return " | ".join(
        f"{machine.name}: "
        + "; ".join(
            f"{bar.name} ({bar.note}) connects {', '.join(bar.members) or 'no container'}"
            for bar in machine.bars
        )
        for machine in machines
    )
