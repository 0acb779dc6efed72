"""``handouts``: the course on paper, from the committed notebooks; needs no Engine."""

from __future__ import annotations

from helpers.paths import PROJECT
from helpers.steps import say
from tools.publish import handouts


def command(arguments: list[str]) -> int:
    """Write every chapter and the course as HTML and PDF, in a learner's and an instructor's edition."""
    del arguments
    written = handouts.write()
    say(f"{len(written)} files in {handouts.DIRECTORY.relative_to(PROJECT)}")
    return 0
