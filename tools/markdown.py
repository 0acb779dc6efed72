"""Tables in Markdown, for the pages that the project writes about itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are already Markdown, on one line (see `cell`)."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def cell(text: str) -> str:
    """Make any text fit into a cell: on one line, with no unescaped end of the cell."""
    return text.replace("|", "\\|").replace("\n", " ")
