"""The one kind of error that is written for learners."""

from __future__ import annotations

import textwrap
import traceback

from helpers import debugging


class LabError(RuntimeError):
    """Something outside the code is wrong: the machine, the Engine, a name, the network.

    Every such error answers three questions, in this order.

    Parameters
    ----------
    tried:
        What was being done, e.g. "reaching the Docker Engine at unix:///var/run/docker.sock".
    seen:
        The evidence: what happened instead, quoted verbatim (a console log, an Engine message).
    next_step:
        What the reader can do about it.
    """

    def __init__(self, tried: str, seen: str, next_step: str) -> None:
        super().__init__(tried, seen, next_step)
        self.tried = tried
        self.seen = seen
        self.next_step = next_step

    @property
    def gist(self) -> str:
        """The first line of what was seen, for places that have room for only one."""
        return next((line for line in self.seen.splitlines() if line.strip()), "nothing").strip()

    def __str__(self) -> str:
        seen = textwrap.indent(self.seen.strip(), "    ").strip()
        return f"{self.tried}\n  seen: {seen}\n  next: {self.next_step}"

    def _render_traceback_(self) -> list[str]:
        """Show only the message in a notebook: IPython calls this before it formats a traceback.

        With LAB_DEBUG=1, show what Python would: the traceback, and those of the causes.
        """
        if debugging.enabled():
            return "".join(traceback.format_exception(self)).splitlines()
        return [f"{type(self).__name__}: {self}"]


class BadAnswer(LabError):
    """An answer from an Engine or a machine cannot be parsed: it is truncated or has an unknown format."""
