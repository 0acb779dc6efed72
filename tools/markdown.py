"""Tables in Markdown, for the pages that the project writes about itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()#+.!|~$^-])")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; cells are already Markdown, on one line (see `cell`)."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def cell(text: str) -> str:
    """Make any text fit into a cell: on one line, with no unescaped end of the cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def plain(text: str) -> str:
    """Make any text fit into a cell as it is: Markdown interprets none of it."""
    return _PUNCTUATION.sub(r"\\\1", text.replace("\n", " "))
