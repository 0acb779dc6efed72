"""The whole course runs on a user's Engine; then the user's objects are compared with before."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from helpers import programs
from helpers.engine import connect
from helpers.paths import PROJECT
from helpers.steps import say
from tools.soak import user

_COURSE_S, _SWEEP_S = 3600, 600


@dataclass(frozen=True)
class Visit:
    """What the course changed on a user's Engine.

    Attributes
    ----------
    things:
        The number of the user's objects: containers, networks, volumes, images, and the parts of a swarm.
    by_course, by_clean:
        How many of them changed in a single byte of `inspect`, were added or were removed: after the whole
        course, and after what `make clean` runs on an Engine.
    """

    things: int
    by_course: int
    by_clean: int

    @property
    def good(self) -> bool:
        """Whether everything is unchanged."""
        return self.things > 0 and not self.by_course and not self.by_clean


def run_course() -> Visit:
    """Run the whole course on the engine as on a user's."""
    engine = connect()
    try:
        url = engine.endpoint.url
        with user.settled(engine.client):
            before = user.inventory(engine.client)
            carry_out(url, "run", timeout=_COURSE_S)
            after_course = user.changed(before, user.inventory(engine.client))
            carry_out(url, "sweep", "--images", timeout=_SWEEP_S)
            after_clean = user.changed(before, user.inventory(engine.client))
    finally:
        engine.close()
    for key, (was, now) in (after_course | after_clean).items():
        say(f"{' '.join(key)} was {was} and is now {now}")
    return Visit(len(before), len(after_course), len(after_clean))


def carry_out(url: str, *verb: str, timeout: float) -> str:
    """Run one of the course's commands on that Engine as on a user's, under a different login name.

    Returns what it printed.

    Raises
    ------
    LabError
        If it fails; with the end of its output.
    """
    own = {"LAB_ENGINE": "docker", "DOCKER_HOST": url, "LOGNAME": "a-guest"}
    done = programs.run(
        [sys.executable, "-m", "helpers", *verb],
        timeout_s=timeout,
        tried=f"Running `python3 -m helpers {' '.join(verb)}` on a user's Engine",
        next_step="Fix the cause; the user's objects may have changed.",
        cwd=PROJECT,
        environ=os.environ | own,
    )
    return done.stdout + done.stderr
