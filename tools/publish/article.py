"""The article, sentence by sentence (docs/article.toml), and how the chapters' claims decide it."""

from __future__ import annotations

import textwrap
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from helpers.learning.claims import FAILS, HOLDS, OUT_OF_SCOPE, REFUTED, SIGNS
from helpers.paths import PROJECT
from tools.markdown import plain, table
from tools.publish import statements
from tools.publish.chapters import Chapter
from tools.publish.statements import Statement

PATH = PROJECT / "docs" / "article.toml"
_OBSERVED_CHARACTERS = 80


@dataclass(frozen=True)
class Sentence:
    """One factual sentence.

    Attributes
    ----------
    section, says:
        Where the article says what, in our words.
    claims:
        The claims that decide it, each as `name` writes it.
    undecided:
        Why no experiment here can decide it; "" if there are claims.
    """

    section: str
    says: str
    claims: tuple[str, ...]
    undecided: str = ""

    def verdict(self, statements: Sequence[Statement]) -> str:
        """Return the verdict on the sentence: it holds only if none of its claims says otherwise."""
        found = {one.verdict for one in statements if name(one) in self.claims}
        for verdict in (FAILS, REFUTED, HOLDS):
            if verdict in found:
                return verdict
        return OUT_OF_SCOPE if found else "not decided"


def name(statement: Statement) -> str:
    """Return how the file refers to a claim: "02 A ping by name is answered"."""
    return f"{statement.chapter.number} {statement.claim}"


def page(chapters: Sequence[Chapter]) -> str:
    """Return the page of the article's statements: each sentence, its verdict, and the claims behind it."""
    by_chapter = {chapter.name: statements.read(chapter) for chapter in chapters}
    found = {name(one): one for of_chapter in by_chapter.values() for one in of_chapter}
    sentences = read()
    counts = Counter(one.verdict(list(found.values())) for one in sentences)
    parts = [
        "# The article's statements",
        f"{len(sentences)} statements, in our words. Each is decided by experiments on a real Engine: "
        + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
        + ". The verdicts are those of the chapters' stored verdict tables.",
    ]
    for section, of_section in groupby(sentences, key=lambda one: one.section):
        rows = [
            [plain(one.says), _marked(one.verdict(list(found.values()))), _why(one, found)]
            for one in of_section
        ]
        parts += [f"## {section}", "\n".join(table(["the article says", "verdict", "decided by"], rows))]
    beyond = sum(not one.of_article for one in found.values())
    parts.append(f"Beyond the article, the chapters decide {beyond} more claims.")
    return "\n\n".join(parts) + "\n"


def _marked(verdict: str) -> str:
    return f"{SIGNS.get(verdict, '?')} {verdict}"


def _why(sentence: Sentence, found: Mapping[str, Statement]) -> str:
    if sentence.undecided:
        return plain(sentence.undecided)
    return "<br>".join(_line(found[claim]) for claim in sentence.claims if claim in found)


def _line(one: Statement) -> str:
    chapter = f"[{one.chapter.number}](notebooks/{one.chapter.path.name})"
    seen = textwrap.shorten(one.observed, _OBSERVED_CHARACTERS, placeholder=" …")
    return f"{chapter} {plain(one.claim)}: {plain(seen)} (Engine {plain(one.engine)})"


def read() -> list[Sentence]:
    """Return the article's sentences in order."""
    entries = tomllib.loads(PATH.read_text("utf-8"))["sentence"]
    return [Sentence(**{**entry, "claims": tuple(entry.get("claims", ()))}) for entry in entries]
