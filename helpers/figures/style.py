"""One visual language for all chapters: one colour per network driver, readable in greyscale and in print.

The colours are Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), which readers with any kind of
colour vision can distinguish. Colour is never the only cue: bars have text, lines markers, cells glyphs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch
from matplotlib.textpath import TextPath

DPI = 130
INK, SOFT, PALE, PAPER = "#1A1A1A", "#5F5F5F", "#F5F5F2", "#FFFFFF"
ANSWER, SILENCE = "#0072B2", "#D55E00"
RC: Any = {  # matplotlib's type for it lists each key
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 9.5,
    "axes.edgecolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E2E2DE",
    "text.color": INK,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
}


@dataclass(frozen=True)
class Kind:
    """A kind of network: its label, its colour, and the hatch that identifies it without colour."""

    label: str
    colour: str
    hatch: str = ""


KINDS = {
    "default bridge": Kind("default bridge", "#56B4E9"),
    "user-defined bridge": Kind("user-defined bridge", "#0072B2"),
    "host": Kind("host", "#D55E00", "////"),
    "macvlan": Kind("macvlan", "#009E73", "\\\\\\\\"),
    "ipvlan": Kind("ipvlan", "#CC79A7", "...."),
    "none": Kind("none", "#999999", "xxxx"),
    "overlay": Kind("overlay", "#E69F00", "----"),
    "ingress": Kind("ingress", "#F0E442", "++++"),
}
# For groups other than networks; they differ in marker and line style as well.
SERIES = (
    ("#0072B2", "o", "-"),
    ("#E69F00", "s", "--"),
    ("#009E73", "^", "-."),
    ("#CC79A7", "D", ":"),
    ("#000000", "v", (0, (5, 1, 1, 1, 1, 1))),
)


def kind(network: str, driver: str) -> Kind:
    """The kind of a network, from its name and its driver as the Engine reports them."""
    if driver == "bridge":
        return KINDS["default bridge" if network == "bridge" else "user-defined bridge"]
    if driver == "overlay" and network == "ingress":
        return KINDS["ingress"]
    return KINDS.get("none" if driver == "null" else driver, Kind(driver, "#6A4C93", "||||"))


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on ``colour`` (WCAG relative luminance)."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.25 else PAPER


@cache
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """The width of a text in inches, at ``size`` points."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text, size=size, prop=font).get_extents().width) / 72


def title_width(title: str) -> float:
    """The width in inches that a figure with this title needs."""
    return text_width(title, RC["axes.titlesize"], "bold") + 0.4


class Figure(matplotlib.figure.Figure):
    """A figure that provides its title and caption as alternative text."""

    def to_png(self) -> tuple[str, dict[str, str]]:
        """The picture (base64), and the metadata that nbconvert turns into the image's ``alt``."""
        said = [text for ax in self.axes for text in (ax.get_title(loc="left"), caption(ax)) if text]
        return print_figure(self, "png", base64=True), {"alt": ". ".join(said)}


@contextmanager
def axes(width: float, height: float, title: str) -> Iterator[Axes]:
    """Yield axes in a new figure of that size in inches; the style applies only within the ``with`` block."""
    with plt.rc_context(RC):
        _, ax = plt.subplots(FigureClass=Figure, figsize=(width, height), dpi=DPI, layout="constrained")
        ax.set_title(title)
        yield ax


@contextmanager
def canvas(width: float, height: float, title: str) -> Iterator[Axes]:
    """Yield axes to draw on freely: one unit is one inch, the origin is the lower left corner."""
    head = 0.42
    with plt.rc_context(RC):
        figure = plt.figure(FigureClass=Figure, figsize=(width, height + head), dpi=DPI)
        ax = figure.add_axes((0, 0, 1, height / (height + head)))
        ax.set(xlim=(0, width), ylim=(0, height))
        ax.set_axis_off()
        ax.set_title(title, x=0.14 / width)
        yield ax


def rounded(
    ax: Axes,
    corner: tuple[float, float],
    width: float,
    height: float,
    *,
    rounding: float = 0.06,
    **paint: Any,
) -> None:
    """Draw a box with rounded corners; `corner` is the lower left one, `paint` goes to matplotlib's patch."""
    shape = f"round,pad=0,rounding_size={rounding}"
    ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, **paint))


def caption(ax: Axes) -> str:
    """One line that states what a figure shows, for readers who cannot see it, and for tests."""
    return str(ax.get_label())
