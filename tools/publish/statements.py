"""The course's statements with their verdicts, read from the chapters' stored verdict tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from helpers.errors import LabError
from tools.publish.chapters import Chapter

_HEADING = re.compile(r": \d+ of \d+ claims hold on Engine (\S+)$")
_BEYOND = " (beyond the article)"


@dataclass(frozen=True)
class Statement:
    """One line of a verdict table.

    Attributes
    ----------
    chapter:
        The chapter that decides it.
    claim, expected, observed, verdict:
        As in the table; the verdict is "✓ yes", "✗ NO" or "– does not apply".
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
        for output in cell.get("outputs", []):
            table = "".join(output.get("data", {}).get("text/html", ""))
            if "claims hold on Engine" in table:
                return _statements(chapter, ElementTree.fromstring(f"<div>{table}</div>"))
    raise LabError(
        f"Reading the verdicts of {chapter.path.name}",
        "no stored output contains a verdict table",
        f"Save it with its outputs: python3 -m tools regenerate {chapter.number}",
    )


def _statements(chapter: Chapter, table: ElementTree.Element) -> list[Statement]:
    heading = _HEADING.search(_text(table[0]))
    engine = heading.group(1) if heading else ""
    statements = []
    for row in table.iter("tr"):
        if row[0].tag == "td":
            claim, expected, observed, verdict = map(_text, row)
            of_article = not claim.endswith(_BEYOND)
            claim = claim.removesuffix(_BEYOND)
            statements.append(Statement(chapter, claim, expected, observed, verdict, engine, of_article))
    return statements


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
