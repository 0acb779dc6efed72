"""One change of a chapter's network, as written in ``NN.toml``, and the chapter with it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools.executed import allow_errors

DIRECTORY = Path(__file__).parent / "networks"
VERDICTS, CLOSE = "verdicts", "close"  # the cells that end a chapter's experiments, and its lab


@dataclass(frozen=True)
class Mutation:
    """One change.

    Attributes
    ----------
    what:
        What is different, as a sentence.
    at:
        The id of the cell that is preceded, or replaced, by `cells`.
    cells:
        Sources of code cells that change the network.
    replaces:
        Whether they are executed instead of the cell, rather than before it.
    until:
        The id of the last cell that is executed before the verdicts; "" if all are.
    impossible:
        Why no change of the network can turn the claims red, and `cells` change what was observed instead;
        "" if they change the network.
    """

    what: str
    at: str
    cells: tuple[str, ...]
    replaces: bool = False
    until: str = ""
    impossible: str = ""

    def applied(self, chapter: NotebookNode) -> NotebookNode:
        """Return a copy of the chapter with the change, without its exercises.

        An error in one of the chapter's own cells does not end it early.

        Raises
        ------
        ValueError
            If the chapter has no code cell of that id.
        """
        cells = [cell for cell in deepcopy(chapter.cells) if cell.cell_type == "code"]
        allow_errors(cells)
        order = [cell.id for cell in cells]
        at, verdicts, close = map(order.index, (self.at, VERDICTS, CLOSE))
        end = order.index(self.until) + 1 if self.until else verdicts
        changed = [*cells[:at], *map(new_code_cell, self.cells), *cells[at + self.replaces : end]]
        return NotebookNode({**chapter, "cells": [*changed, cells[verdicts], cells[close]]})

    def digest(self, chapter: NotebookNode) -> str:
        """Return what changes if the mutation or the chapter's code does."""
        code = [cell.source for cell in chapter.cells if cell.cell_type == "code"]
        return sha256(repr((self, code)).encode()).hexdigest()[:16]


def read(chapter: str, directory: Path = DIRECTORY) -> list[Mutation]:
    """Return the mutations of a chapter, such as "02"; none if it has no file.

    Raises
    ------
    TypeError
        If an entry has an unknown key or lacks one.
    """
    path = directory / f"{chapter}.toml"
    entries: Sequence[Mapping[str, Any]] = (
        tomllib.loads(path.read_text("utf-8"))["mutation"] if path.exists() else []
    )
    return [Mutation(**{**entry, "cells": tuple(entry["cells"])}) for entry in entries]
