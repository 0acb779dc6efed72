"""The course's statements with their verdicts, read from the chapters' stored verdict tables."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.errors import LabError
from helpers.learning.claims import VerdictTable
from tools.publish.chapters import Chapter


@dataclass(frozen=True)
class Statement:
    """One line of a verdict table.

    Attributes
    ----------
    chapter:
        The chapter that decides it.
    claim, expected, observed, verdict:
        As in the table.
    engine:
        The version of the Engine on which the verdict was reached.
    of_article:
        Whether it is the article's statement, rather than one that the course adds.
    """

    chapter: Chapter
    claim: str
    expected: str
    observed: str
    verdict: str
    engine: str
    of_article: bool


def read(chapter: Chapter) -> list[Statement]:
    """Return the statements of the chapter's stored verdict table, in the order of the table.

    Raises
    ------
    LabError
        If the stored chapter has none.
    """
    for cell in chapter.notebook.cells:
        if table := VerdictTable.stored_in(cell.get("outputs", [])):
            return [
                Statement(
                    chapter,
                    row["claim"],
                    row["expected"],
                    row["observed"],
                    row["verdict"],
                    table.engine,
                    row["source"] == "article",
                )
                for row in table.frame.to_dict("records")
            ]
    raise LabError(
        f"Reading the verdicts of {chapter.path.name}",
        "no stored output contains a verdict table",
        f"Save it with its outputs: python3 -m tools regenerate {chapter.number}",
    )
