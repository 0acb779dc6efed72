"""Tables in Markdown, for the pages that the project writes about itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are Markdown already, on one line (see `cell`)."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def cell(text: str) -> str:
    """Make any text fit for a cell: on one line, and without an end of the cell in it."""
    return text.replace("|", "\\|").replace("\n", " ")
