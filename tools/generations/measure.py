"""What a chapter gives on the generation that LAB_SUITE names, compared with its stored outputs."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbval.plugin import get_sanitize_patterns

from helpers import notebooks, suites
from helpers.learning.claims import FAILS, ROWS
from helpers.paths import PROJECT
from tools.executed import allow_errors, failing, raised, table, verdicts

_SANITIZE = PROJECT / "tests" / "notebooks" / "sanitize.cfg"
_NEVER_COMPARED = (ROWS, "image/png")


@dataclass(frozen=True)
class Run:
    """A chapter on one generation.

    Attributes
    ----------
    of:
        The digest of the chapter's code.
    engine:
        The Engine's version, such as "26.1.5"; several of them, separated by commas.
    verdicts:
        The verdict of each claim, in the chapter's order.
    raised:
        The first cell that raised, with its error; "" if none did.
    differs:
        The ids of the cells that do not show what the stored chapter shows.
    failing:
        What was observed of each claim that fails.
    """

    of: str
    engine: str
    verdicts: dict[str, str]
    raised: str
    differs: tuple[str, ...]
    failing: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no cell raised, and no claim fails."""
        return bool(self.verdicts) and not self.raised and FAILS not in self.verdicts.values()

    @property
    def on_all(self) -> bool:
        """Whether its machines have all generations at once, so that its verdicts are those of each."""
        return self.engine.count(",") == len(suites.ENGINES) - 1


def run(path: Path) -> Run:
    """Execute the chapter at `path` in a lab of its own, to its end whatever its cells raise.

    Raises
    ------
    ChapterFailed
        If the kernel dies, or a cell takes too long.
    """
    chapter = notebooks.read(path)
    tolerant = deepcopy(chapter)
    allow_errors(tolerant.cells)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / path.name
        nbformat.write(tolerant, copy)
        executed = notebooks.execute(copy)
    return _told(chapter, executed)


def stored(path: Path) -> Run:
    """Return the run that the chapter at `path` is stored with: a real one, on the default generation."""
    chapter = notebooks.read(path)
    return _told(chapter, chapter)


def _told(chapter: NotebookNode, executed: NotebookNode) -> Run:
    shown = table(executed)
    return Run(
        digest(chapter),
        shown.engine if shown else "",
        verdicts(executed),
        next((f"{cell}: {error}" for cell, error in raised(executed)), ""),
        tuple(differing(chapter, executed)),
        failing(executed),
    )


def digest(chapter: NotebookNode) -> str:
    """Return what changes if the chapter's code does."""
    code = [cell.source for cell in chapter.cells if cell.cell_type == "code"]
    return sha256(repr(code).encode()).hexdigest()[:16]


def differing(stored: NotebookNode, executed: NotebookNode) -> Iterator[str]:
    """Yield the ids of the cells whose outputs nbval would find different."""
    patterns = get_sanitize_patterns(_SANITIZE.read_text("utf-8"))
    for old, new in zip(stored.cells, executed.cells, strict=True):
        if old.cell_type == "code" and _shown(old, patterns) != _shown(new, patterns):
            yield old.id


def _shown(cell: NotebookNode, patterns: list[tuple[str, str]]) -> dict[str, str]:
    """What a cell shows, by stream and by MIME type, without what differs between any two runs."""
    shown: dict[str, str] = {}
    for output in cell.outputs:
        if output.output_type == "stream":
            parts = {output.name: output.text}
        elif output.output_type == "error":
            parts = {output.ename: output.evalue}
        else:
            parts = {kind: value for kind, value in output.data.items() if kind not in _NEVER_COMPARED}
        for kind, text in parts.items():
            shown[kind] = shown.get(kind, "") + text
    for kind, text in shown.items():
        for pattern, replacement in patterns:
            text = re.sub(pattern, replacement, text)
        shown[kind] = text
    return shown
