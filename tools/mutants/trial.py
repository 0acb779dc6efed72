"""Run a chapter on a changed network, and see which verdicts turn."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import nbformat
from nbformat import NotebookNode

from helpers import notebooks
from helpers.learning.claims import FAILS, OUT_OF_SCOPE
from helpers.paths import chapter_number
from helpers.steps import say
from tools.executed import raised, verdicts
from tools.mutants.mutation import Mutation


@dataclass(frozen=True)
class Trial:
    """What a mutation did.

    Attributes
    ----------
    what, impossible:
        As in `Mutation`.
    of:
        The digest of the mutation and of the chapter's code.
    killed:
        The claims whose own verdict has turned to "FAILS", as their text is in the table.
    undecided:
        The number of claims that were not reached, or whose experiment raised before they were decided.
    seconds:
        How long it took.
    """

    what: str
    impossible: str
    of: str
    killed: tuple[str, ...]
    undecided: int
    seconds: float


def run(path: Path, mutation: Mutation) -> Trial:
    """Execute the chapter at `path` with the mutation in a lab of its own.

    Raises
    ------
    ChapterFailed
        If a cell of the mutation raises, the kernel dies, or a cell takes too long.
    ValueError
        If the chapter has no such cell.
    """
    original = notebooks.read(path)
    started = monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / path.name
        nbformat.write(mutation.applied(original), copy)
        executed = notebooks.execute(copy)
    for cell, error in raised(executed):
        say(f"   {cell} raised {error}")
    after = verdicts(executed)
    killed = tuple(claim for claim, verdict in after.items() if verdict == FAILS)
    undecided = len(verdicts(original).keys() - after.keys())
    seconds = round(monotonic() - started, 1)
    digest = mutation.digest(original)
    return Trial(mutation.what, mutation.impossible, digest, killed, undecided, seconds)


def decided(notebook: NotebookNode) -> list[str]:
    """Return the claims in the table that the notebook shows, except those that do not apply there."""
    return [claim for claim, verdict in verdicts(notebook).items() if verdict != OUT_OF_SCOPE]


def decided_in_the_course() -> dict[str, list[str]]:
    """Return what `decided` finds in each chapter, by its number."""
    return {chapter_number(path): decided(notebooks.read(path)) for path in notebooks.find([])}
