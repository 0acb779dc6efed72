"""Answers and silence over time, with what was done to the network meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from helpers.figures import style

LOST_AT = 0.9  # height of the row of unanswered attempts, as a fraction of the axes
DATA_UP_TO, DATA_BELOW_NOTES = 0.8, 0.5
NOTES_FROM, NOTE_STEP = 0.78, 0.08  # one below the other, so that neighbours do not overlap
EVENT_LABELS = 36  # points above the axes: two levels, so that neighbours do not overlap


def timeline(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    title: str,
    by: str | None = None,
    notes: pd.DataFrame | None = None,
) -> Axes:
    """Draw every attempt at the time it started: its round-trip time if answered, a cross at the top if not.

    Parameters
    ----------
    frame, events:
        As :func:`helpers.probes.reachability_timeline` returns them.
    title:
        What the figure shows, as a sentence.
    by:
        A column, such as the machine that answered; each value gets its own colour and marker.
    notes:
        What happened by itself meanwhile: label (str), t_s. Notes do not delimit phases.

    Returns
    -------
    Axes
        Lines with gid "answered" (``by``: "answered|value") and "lost" (x in seconds), one line with gid
        "event" per event, one with gid "note" per note.
        ``caption(ax)`` says for each phase between events whether all, some or none were answered; attempts
        that started while an event was in progress belong to no phase.
    """
    answered, lost = frame[frame["ok"]], frame[~frame["ok"]]
    with style.axes(max(8.0, style.title_width(title)), 3.4 if by is None else 4.2, title) as ax:
        for gid, label, rows, colour, marker in _groups(answered, by):
            ax.plot(
                rows["t_s"],
                rows["rtt_ms"],
                marker,
                color=colour,
                markersize=5,
                gid=gid,
                label=label,
                zorder=3,
            )
        up = ax.get_xaxis_transform()
        ax.plot(
            lost["t_s"],
            [LOST_AT] * len(lost),
            "x",
            transform=up,
            color=style.SILENCE,
            markersize=7,
            markeredgewidth=2,
            gid="lost",
            label="no answer",
        )
        top = float(answered["rtt_ms"].max()) if len(answered) else 1.0
        ax.set(xlabel="seconds since the first attempt", ylabel="round-trip time in milliseconds")
        ax.set_xlim(-0.02 * frame["t_s"].max(), frame["t_s"].max() * 1.02)
        ax.set_ylim(0, top / (DATA_UP_TO if notes is None else DATA_BELOW_NOTES))
        ax.set_title(title, pad=EVENT_LABELS if len(events) else None)
        for number, event in enumerate(events.to_dict("records")):
            label = "" if number else "event in progress"
            ax.axvspan(event["t_s"], event["done_s"], color="#DDDDD8", linewidth=0, zorder=0, label=label)
            ax.axvline(event["t_s"], color=style.INK, linewidth=1.2, linestyle="--", gid="event")
            ax.annotate(
                event["label"],
                (event["t_s"], 1),
                xycoords=up,
                xytext=(-3, 3 + 14 * (number % 2)),
                textcoords="offset points",
                va="bottom",
            )
        for number, note in enumerate([] if notes is None else notes.to_dict("records")):
            ax.axvline(note["t_s"], color=style.SOFT, linewidth=1, linestyle=":", gid="note")
            on_the_left = note["t_s"] > frame["t_s"].max() / 2
            ax.annotate(
                note["label"],
                (note["t_s"], NOTES_FROM - NOTE_STEP * number),
                xycoords=up,
                xytext=(-4 if on_the_left else 4, 0),
                textcoords="offset points",
                ha="right" if on_the_left else "left",
                va="center",
                size=8.5,
                bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 1, "alpha": 0.8},
            )
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3 if by is None else 2, fontsize=9.5)
        ax.set_label(_caption(frame, events))
    return ax


def _groups(answered: pd.DataFrame, by: str | None) -> Iterator[tuple[str, str, pd.DataFrame, str, str]]:
    """The groups, each with its colour and marker: gid, label, rows, colour, marker."""
    if by is None:
        yield "answered", "answered", answered, style.ANSWER, "o"
        return
    for number, (value, rows) in enumerate(answered.groupby(by)):
        colour, marker, _ = style.SERIES[number % len(style.SERIES)]
        yield f"answered|{value}", f"answered by {value}", rows, colour, marker


def phases(frame: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Count attempts and answers between events.

    Returns
    -------
    DataFrame
        phase ("initially", then "after …" with the event's label) · attempts, answered (int).
    """
    labels = ["initially", *(f"after {label}" for label in events["label"])]
    starts, ends = [float("-inf"), *events["done_s"]], [*events["t_s"], float("inf")]
    rows = []
    for label, start, end in zip(labels, starts, ends, strict=True):
        within = frame[(frame["t_s"] > start) & (frame["t_s"] + _duration_s(frame) < end)]
        rows.append((label, len(within), int(within["ok"].sum())))
    return pd.DataFrame(rows, columns=["phase", "attempts", "answered"])


def _duration_s(frame: pd.DataFrame) -> pd.Series:
    """How long each attempt took; an unanswered one counts as having no duration."""
    return frame["rtt_ms"].fillna(0) / 1000


def _caption(frame: pd.DataFrame, events: pd.DataFrame) -> str:
    def word(row: pd.Series) -> str:
        share = "none" if not row["answered"] else "all" if row["answered"] == row["attempts"] else "some"
        return f"{row['phase']}: {share} answered" if row["attempts"] else f"{row['phase']}: no attempts"

    return " · ".join(word(row) for _, row in phases(frame, events).iterrows())
