"""The two variants of the embedded engine: for machines of the chosen suite, and for those of every suite.

The second is built when a lab first asks for machines of another suite. It runs beside the first, so that no
lab ends for it, and nobody else waits for what it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from helpers import suites
from helpers.engine.images import SUITE
from helpers.paths import engine_dir


@dataclass(frozen=True)
class Variant:
    """One variant. Each is built, cached, started and stopped by itself.

    Attributes
    ----------
    suites:
        Those of the machine images on its disk; the first is that of its own system, too.
    """

    suites: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the names of its entries begin with: ``trixie``, ``trixie+bookworm+forky``."""
        return "+".join(self.suites)

    @property
    def directory(self) -> Path:
        """The directory that it uses while it runs."""
        return engine_dir(generations=len(self.suites) > 1)


PLAIN = Variant((SUITE,))
# The same for every chosen suite: what it takes to build is spent once.
GENERATIONS = Variant((suites.DEFAULT, *(suite for suite in suites.ENGINES if suite != suites.DEFAULT)))


def for_machines(of: Iterable[str]) -> Variant:
    """Return the variant that has the machines of these suites."""
    return GENERATIONS if set(of) - {SUITE} else PLAIN
