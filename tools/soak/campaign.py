"""The whole campaign: killed kernels, all other faults, many labs at once, the course on a user's Engine."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from helpers.engine import embedded
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.steps import say
from tools.soak import faults, ground, isolation, kills, visit
from tools.soak.ground import Outcome
from tools.soak.isolation import Crossings
from tools.soak.visit import Visit

OFTEN = {"Ctrl-C during set-up": 2}  # every other fault strikes once


@dataclass(frozen=True)
class Results:
    """The results of a campaign on an Engine of that version."""

    version: str
    outcomes: list[Outcome]
    crossings: Crossings
    visit: Visit

    @property
    def good(self) -> bool:
        """Whether nothing was lost, left behind or let through."""
        return self.crossings.good and self.visit.good and all(one.good for one in self.outcomes)


def run(seed: int, number: int) -> Results:
    """Run everything on a separate embedded engine; this takes about an hour under emulation.

    Parameters
    ----------
    seed:
        Of everything that is random.
    number:
        How many kernels to kill.
    """
    random = Random(seed)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as state, ground.prepared(Path(state)) as version:
        for wave in kills.kill_kernels(random, number):
            for outcome in wave:
                _tell(outcome)
            outcomes += wave
        for outcome in _faults(random):
            _tell(outcome)
            outcomes.append(outcome)
        crossings = isolation.look_for_crossings()
        say(str(crossings))
        left = ground.seconds_until_gone()
        assert left < math.inf, "objects of a lab are left at the end of the campaign"
        seen = visit.run_course()
        say(str(seen))
    return Results(version, outcomes, crossings, seen)


def _faults(random: Random) -> Iterator[Outcome]:
    for name, strike in faults.FAULTS.items():
        for _ in range(OFTEN.get(name, 1)):
            embedded.start()
            ground.settle_user()
            before = ground.belongings()
            lab = Lab()
            try:
                objects = ground.count()
                seen = strike(lab, random)
            except LabError as error:
                seen = ground.say_of(error)
            finally:
                closing = time.monotonic()
                lab.close()
                closing = time.monotonic() - closing
            gone_s = closing + ground.seconds_until_gone()
            next_lab_s = ground.seconds_of_next_lab()
            yield Outcome(name, objects, gone_s, next_lab_s, ground.intact(before), seen)


def _tell(outcome: Outcome) -> None:
    say(f"{'✓' if outcome.good else '✗'} {outcome}")
