"""Progress of long steps: one live line on a terminal or in a notebook, plain lines elsewhere.

All of it goes to standard error, so that standard output contains only a command's result. In a notebook it
goes to standard output: JupyterLab shows standard error on red, as if something had failed.
With LAB_STEPS=off nothing is shown in notebooks: an output that is compared must not contain a duration or
depend on what had to be done first.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from helpers import debugging

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

_lock = threading.RLock()
_open: list[Step] = []  # nested steps, and steps of parallel threads: the newest one is shown
_shown = 0  # length of the live line, in characters


def say(text: str) -> None:
    """Print one line without garbling the live line of a running step."""
    if _silent():
        return
    with _lock:
        _erase()
        print(text, file=_stream(), flush=True)


def duration(seconds: float) -> str:
    """Format a duration for people: ``"12 s"``, ``"3 min 5 s"``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def step(title: str, about: str | None = None) -> Iterator[Step]:
    """Show a step while it runs, then ``✓ title (12 s)``, or ``✗ title (12 s)`` if it raises.

    Parameters
    ----------
    title:
        What is being done, e.g. "Building the root file system".
    about:
        How long it usually takes, e.g. "40 s"; shown while it runs.

    Yields
    ------
    Step
        Its ``update(text)`` reports progress.
    """
    running = Step(title, about)
    try:
        yield running
    except BaseException:
        running._finish("✗")
        raise
    running._finish("✓")


class Step:
    """A running step; created by `step`."""

    def __init__(self, title: str, about: str | None) -> None:
        self._title = title
        self._about = f" (about {about})" if about else ""
        self._detail = ""
        self._started = time.monotonic()
        self._finished = threading.Event()
        self._tick_s = _tick_s()
        with _lock:
            _open.append(self)
        if _silent():
            return
        if self._tick_s:
            threading.Thread(target=self._turn, daemon=True).start()
        else:
            say(f"… {title}{self._about}")

    def update(self, detail: str) -> None:
        """Report progress, e.g. "unpacking"."""
        self._detail = detail

    def _turn(self) -> None:
        for count in range(sys.maxsize):
            with _lock:
                if self._finished.is_set():
                    return
                if _open[-1] is self:
                    self._draw(_FRAMES[count % len(_FRAMES)])
            self._finished.wait(self._tick_s)

    def _draw(self, frame: str) -> None:
        detail = f": {self._detail}" if self._detail else self._about
        _redraw(f"{frame} {self._title}{detail} {duration(time.monotonic() - self._started)}")

    def _finish(self, mark: str) -> None:
        with _lock:
            self._finished.set()
            _open.remove(self)
        where = f", at: {self._detail}" if mark == "✗" and self._detail else ""
        say(f"{mark} {self._title} ({duration(time.monotonic() - self._started)}){where}")


def _tick_s() -> float:
    """Seconds between two updates of the live line; 0 where there can be no live line."""
    if debugging.enabled():
        return 0.0  # the log would garble it
    if sys.stderr.isatty():
        return 0.1
    # A notebook treats a carriage return as a terminal does, but each update is a message to the browser.
    return 1.0 if _in_notebook() else 0.0


def _silent() -> bool:
    return _in_notebook() and os.environ.get("LAB_STEPS") == "off"


def _in_notebook() -> bool:
    return type(sys.stdout).__module__.startswith("ipykernel")


def _stream() -> TextIO:
    return sys.stdout if _in_notebook() else sys.stderr


def _redraw(line: str) -> None:
    global _shown
    if sys.stderr.isatty():
        line = line[: shutil.get_terminal_size().columns - 1]
    # Spaces, not an escape sequence: a notebook cannot clear to the end of the line.
    print("\r" + line.ljust(_shown), end="", file=_stream(), flush=True)
    _shown = len(line)


def _erase() -> None:
    global _shown
    if _shown:
        print("\r" + " " * _shown + "\r", end="", file=_stream(), flush=True)
        _shown = 0
