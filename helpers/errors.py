"""The one kind of error that a learner is meant to read."""

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
        The evidence: what answered instead, quoted as it came (a console log, an Engine message).
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
        """The first line of what was seen, for where there is room for one."""
        return next((line for line in self.seen.splitlines() if line.strip()), "nothing").strip()

    def __str__(self) -> str:
        seen = textwrap.indent(self.seen.strip(), "    ").strip()
        return f"{self.tried}\n  seen: {seen}\n  next: {self.next_step}"

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: IPython asks for this before it draws a traceback.

        With LAB_DEBUG=1 show what Python shows: the traceback, and those of the causes.
        """
        if debugging.enabled():
            return "".join(traceback.format_exception(self)).splitlines()
        return [f"{type(self).__name__}: {self}"]


class BadAnswer(LabError):
    """What an Engine or a machine answered cannot be read: it is cut short, or of an unknown kind."""
