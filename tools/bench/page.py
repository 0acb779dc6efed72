"""The benchmark's page: its table, and a figure of where the time goes."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import matplotlib.pyplot as plt

from helpers.figures import style
from tools.bench.rows import Row, as_table

_MIN_SHOWN_S = 2.0
_WIDE_ENOUGH = 0.05  # fraction of a bar into which its number of seconds fits


def write(
    directory: Path, rows: Sequence[Row], engine: str, setup: Mapping[str, float], course: Mapping[str, float]
) -> None:
    """Write bench.md and bench.png; `setup` and `course` are seconds by step, in order."""
    day = datetime.now(UTC).date().isoformat()
    _draw({"from a fresh clone to the first result": setup, "the course": course}, directory / "bench.png")
    page = [
        "# How fast it is",
        "",
        f"Measured by `make bench` on {day}: {os.cpu_count()} processors ({platform.machine()}), {engine}.",
        "Values are medians, with minimum and maximum of n repetitions; ratios are of interleaved pairs.",
        "",
        *as_table(rows),
        "",
        "![Where the time goes, from a fresh clone to the last verdict](bench.png)",
        "",
        "If the tests ran in two workers, the chapters' seconds add up to more than the course took.",
        "",
    ]
    (directory / "bench.md").write_text("\n".join(page))


def _draw(bars: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw one stacked bar per phase, each step with its seconds, and its name in the legend."""
    with plt.rc_context(style.RC):
        figure, panels = plt.subplots(len(bars), 1, figsize=(9, 2.9 * len(bars)), layout="constrained")
        for ax, (title, parts) in zip(panels, bars.items(), strict=True):
            left, whole = 0.0, sum(parts.values())
            shown = {name: took for name, took in parts.items() if took >= _MIN_SHOWN_S}
            for number, (name, took) in enumerate(shown.items()):
                colour = style.SERIES[number % len(style.SERIES)][0]
                hatch = ("", "////", "....")[number // len(style.SERIES)]
                ax.barh([0], [took], left=left, color=colour, hatch=hatch, edgecolor=style.PAPER, label=name)
                if took > _WIDE_ENOUGH * whole:
                    ax.text(left + took / 2, 0, f"{took:.0f}", ha="center", va="center", color=style.PAPER)
                left += took
            ax.set(title=f"{title}: {whole:.0f} s", xlabel="seconds", xlim=(0, whole), yticks=[])
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.3), ncols=2, fontsize=8.5)
        figure.savefig(path, dpi=style.DPI)
        plt.close(figure)
