"""The committed chapters: title, minutes, cells with their stored outputs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from helpers import notebooks
from helpers.errors import LabError
from helpers.paths import chapter_number

# A hyperlink to another chapter in HTML; the group is the chapter's name.
HYPERLINK = re.compile(r'href="(\d\d[a-z]?_\w+)\.ipynb"')
_MINUTES = re.compile(r"about (\d+) minutes")


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes
    ----------
    path:
        Its notebook.
    notebook:
        Its cells, as read by `nbformat`.
    """

    path: Path
    notebook: NotebookNode

    @property
    def name(self) -> str:
        """The file's name without its extension, such as "02_user_defined_bridge"."""
        return self.path.stem

    @property
    def number(self) -> str:
        """The chapter's number, such as "02"."""
        return chapter_number(self.path)

    @property
    def title(self) -> str:
        """The first heading, such as "02 Build a user-defined bridge"."""
        first: str = self.notebook.cells[0].source
        return first.splitlines()[0].lstrip("# ")

    @property
    def minutes(self) -> int:
        """How long a learner needs, as stated in the chapter's first cell.

        Raises
        ------
        LabError
            If the cell does not state it.
        """
        found = _MINUTES.search(self.notebook.cells[0].source)
        if not found:
            raise LabError(
                f"Looking in {self.path.name} for the time that it takes",
                'its first cell does not say "about N minutes"',
                "Add it after **What you'll need:**.",
            )
        return int(found.group(1))

    def promise(self, what: str) -> str:
        """The text after **What you'll do:** (learn, need) in the first cell, in Markdown; "" if none."""
        found = re.search(rf"^\*\*What you'll {what}:\*\* (.+)$", self.notebook.cells[0].source, re.MULTILINE)
        return found.group(1) if found else ""


def only_decides(cell: NotebookNode) -> bool:
    """Return whether a cell decides claims, and therefore is folded in JupyterLab."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def read_all() -> list[Chapter]:
    """Return the chapters in order, each set to the Pygments lexer that supports cell magics."""
    found = [Chapter(path, notebooks.read(path)) for path in notebooks.find([])]
    for chapter in found:
        chapter.notebook.metadata.language_info.pygments_lexer = "ipython3"
    return found
