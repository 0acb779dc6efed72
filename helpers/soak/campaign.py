"""The whole campaign: kernels killed again and again, then every other fault, then many labs at once."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from helpers.engine import embedded
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.progress import say
from helpers.soak import faults, ground, isolation, kills
from helpers.soak.ground import Outcome
from helpers.soak.isolation import Crossings

OFTEN = {"Ctrl-C during set-up": 2}  # the others strike once


def run(seed: int, number: int) -> tuple[str, list[Outcome], Crossings]:
    """Run everything on an embedded engine of its own; about an hour under emulation.

    Returns that engine's version, what each fault did, and what crossed between labs.

    Parameters
    ----------
    seed:
        Of all that is left to chance.
    number:
        Of kernels to kill.
    """
    random = Random(seed)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as state, ground.prepared(Path(state)) as version:
        for wave in kills.campaign(random, number):
            for outcome in wave:
                _tell(outcome)
            outcomes += wave
        for outcome in _faults(random):
            _tell(outcome)
            outcomes.append(outcome)
        crossings = isolation.campaign()
        say(str(crossings))
        left = ground.seconds_until_gone()
        assert left < math.inf, "objects of a lab are left at the end of the campaign"
    return version, outcomes, crossings


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
