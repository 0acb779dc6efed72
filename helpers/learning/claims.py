"""Claims and the verdict table that ends a chapter."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from IPython.display import display
from packaging.version import Version

from helpers.errors import LabError
from helpers.learning import record
from helpers.learning.current import engine_of_lab

Source = Literal["article", "beyond"]
HOLDS, REFUTED, FAILS, OUT_OF_SCOPE = "holds", "refuted", "FAILS", "does not apply"
SIGNS = {HOLDS: "✓", REFUTED: "≠", FAILS: "✗", OUT_OF_SCOPE: "–"}
ROWS = "application/vnd.docker-networking.verdicts+json"  # the MIME type of an output's rows
_LINE_CHARACTERS = 100  # of an observation that follows its claim in one line


class ClaimFailed(LabError):
    """At least one claim of a chapter does not hold on this Engine, or none was made."""


@dataclass(frozen=True)
class Claim:
    """One sentence, what it leads us to expect, what the experiment showed, and the verdict.

    JupyterLab, a terminal and nbval see it as a line; only a claim that fails takes more.
    """

    text: str
    expected: Any
    observed: Any
    verdict: str
    source: Source
    scope: str

    @property
    def label(self) -> str:
        """The sentence, with the Engines for which it is made."""
        return f"{self.text} ({self.scope})" if self.scope else self.text

    def __repr__(self) -> str:
        if self.verdict == FAILS:
            results = _labelled("expected", as_text(self.expected))
            results += _labelled("observed", as_text(self.observed))
            return "\n".join([f"{SIGNS[FAILS]} {self.label}", *results])
        return f"{SIGNS[self.verdict]} {self.text}{self._seen()}"

    def _repr_html_(self) -> str:
        sign, _, told = repr(self).partition(" ")
        return f'<div style="white-space: pre-wrap"><strong>{sign}</strong> {html.escape(told)}</div>'

    def _seen(self) -> str:
        """What follows the sentence in its line."""
        if self.verdict == OUT_OF_SCOPE:
            return f": {OUT_OF_SCOPE} ({self.scope})"
        if isinstance(self.observed, bool | np.bool_) and self.verdict == HOLDS:
            return ""  # the sentence says it
        seen = textwrap.shorten(as_text(self.observed), _LINE_CHARACTERS, placeholder=" …")
        return f": refuted: {seen}" if self.verdict == REFUTED else f": {seen}"


class Verdicts:
    """The claims of one chapter, each decided by an experiment.

    Parameters
    ----------
    chapter:
        The chapter's title, for the table's heading.
    engine:
        The Engine's version, such as "26.1.5"; by default, that of the machines of the lab that is open when
        the first claim is decided. Needed if a claim holds only since or until a version.
    """

    def __init__(self, chapter: str, engine: str = "") -> None:
        self.chapter = chapter
        self.engine = engine
        self._claims: dict[str, Claim] = {}

    def claim(
        self,
        text: str,
        *,
        expected: Any,
        observed: Any,
        holds: bool | None = None,
        refuted_by: Any = None,
        source: Source = "article",
        since: str = "",
        until: str = "",
        lacks: str = "",
    ) -> None:
        """Decide a claim, show the verdict, and record it for the table.

        The same text again (a cell run twice) replaces the earlier verdict.

        Parameters
        ----------
        text:
            The claim, as a sentence.
        expected, observed:
            What the claim predicts and what was seen; equal values (frames, sets, lists, numbers, text) hold.
        holds:
            The decision, if it is not equality: then ``expected`` says in words what is required, as in
            ``claim("…", expected="at most 3", observed=n, holds=n <= 3)``.
        refuted_by:
            The counter-example, if the chapter expects the sentence to be false: the verdict is then
            "refuted" if exactly that was observed. Anything else fails, the sentence's own expectation too.
        source:
            Whether the claim is the article's, or ours.
        since, until:
            The first Engine version for which the claim is made, and the first for which it no longer is.
        lacks:
            What the experiment needs and this Engine lacks ("ipvlan"): then the claim does not apply.

        Raises
        ------
        ValueError
            If a version is given and the Engine's is not known.
        """
        self.engine = self.engine or engine_of_lab()
        if (since or until) and not self.engine:
            raise ValueError("a claim with since/until needs Verdicts(…, engine=version)")
        bounds = [f"since Engine {since}" if since else "", f"before Engine {until}" if until else ""]
        bounds.append(f"needs {lacks}" if lacks else "")
        if lacks or ((since or until) and not _within(self.engine, since, until)):
            verdict = OUT_OF_SCOPE
        elif refuted_by is not None:
            verdict = REFUTED if same(refuted_by, observed) else FAILS
        else:
            decided = same(expected, observed) if holds is None else bool(holds)
            verdict = HOLDS if decided else FAILS
        scope = " and ".join(filter(None, bounds))
        self._claims[text] = Claim(text, expected, observed, verdict, source, scope)
        display(self._claims[text])

    def frame(self) -> pd.DataFrame:
        """All verdicts as text.

        Returns
        -------
        DataFrame
            claim, expected, observed, verdict · source ("article" or "beyond"), one row per claim, in the
            order in which they were first recorded. The verdict is "holds", "refuted", "FAILS" or "does not
            apply" (to this Engine).
        """
        columns = ["claim", "expected", "observed", "verdict", "source"]
        rows = [
            (claim.label, as_text(claim.expected), as_text(claim.observed), claim.verdict, claim.source)
            for claim in self._claims.values()
        ]
        return pd.DataFrame(rows, columns=columns, dtype="str")

    def table(self) -> VerdictTable:
        """The chapter's last result: every claim with its verdict.

        Raises
        ------
        ClaimFailed
            After showing the table, if a claim fails; or if there is no claim that could fail.
        """
        table = VerdictTable(self.chapter, self.engine, self.frame())
        if all(claim.verdict == OUT_OF_SCOPE for claim in self._claims.values()):
            raise ClaimFailed(
                f"Listing the verdicts of {self.chapter}",
                "no claim has been recorded that applies to this Engine",
                "Run the chapter's cells from the top (Run ▸ Run All Cells).",
            )
        failed = [claim for claim in self._claims.values() if claim.verdict == FAILS]
        if failed:
            display(table)
            raise ClaimFailed(
                f"Checking the {len(self._claims)} claims of {self.chapter}",
                "\n".join(map(repr, failed)),
                "Run the chapter again from the top. If it fails again, this Engine behaves differently.",
            )
        record.note_done(self.chapter.split()[0])
        return table


@dataclass(frozen=True)
class VerdictTable:
    """The verdict table as JupyterLab, a terminal and nbval see it; ``frame`` is the data behind it.

    A notebook stores it as text, as HTML, and for programs as JSON (`ROWS`): an object with chapter, engine
    and claims, a list of objects with the columns of `Verdicts.frame`.
    """

    chapter: str
    engine: str
    frame: pd.DataFrame

    def _heading(self) -> str:
        counts = self.frame["verdict"].value_counts()
        asked = len(self.frame) - counts.get(OUT_OF_SCOPE, 0)
        on = f" on Engine {self.engine}" if self.engine else ""
        heading = f"{self.chapter}: {counts.get(HOLDS, 0)} of {asked} claims hold{on}"
        return f"{heading}, {counts[REFUTED]} refuted" if REFUTED in counts else heading

    def __repr__(self) -> str:
        lines = [self._heading()]
        for row in self.frame.to_dict("records"):
            sentence = f"[{row['verdict']}] {row['claim']} ({row['source']})"
            lines += ["", *textwrap.wrap(sentence, 100, subsequent_indent="    ")]
            lines += _labelled("expected", row["expected"]) + _labelled("observed", row["observed"])
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Add the rows to the text and the HTML, which IPython requests separately."""
        claims = self.frame.to_dict("records")
        return {ROWS: {"chapter": self.chapter, "engine": self.engine, "claims": claims}}

    @classmethod
    def stored_in(cls, outputs: Iterable[Mapping[str, Any]]) -> VerdictTable | None:
        """Return the verdict table among the stored outputs of a cell; None if there is none."""
        for output in outputs:
            if rows := output.get("data", {}).get(ROWS):
                return cls(rows["chapter"], rows["engine"], pd.DataFrame(rows["claims"], dtype="str"))
        return None

    def _repr_html_(self) -> str:
        cell = "text-align: left; vertical-align: top; white-space: pre-wrap"
        columns = ("claim", "expected", "observed", "verdict")
        head = "".join(f'<th style="{cell}">{name}</th>' for name in columns)
        body = "".join(
            "<tr>" + "".join(f'<td style="{cell}">{_cell(row, name)}</td>' for name in columns) + "</tr>\n"
            for _, row in self.frame.iterrows()
        )
        heading = html.escape(self._heading())
        return f"<p><strong>{heading}</strong></p>\n<table>\n<tr>{head}</tr>\n{body}</table>"


def same(expected: Any, observed: Any) -> bool:
    """Whether two results are equal, whatever their kind; frames and arrays are compared value by value."""
    if isinstance(expected, pd.DataFrame | pd.Series) or isinstance(observed, pd.DataFrame | pd.Series):
        return _same_frames(expected, observed)
    if isinstance(expected, np.ndarray) or isinstance(observed, np.ndarray):
        return bool(np.array_equal(expected, observed))
    if isinstance(expected, bool | np.bool_) != isinstance(observed, bool | np.bool_):
        return False  # 1 == True in Python, but not to a reader
    try:
        return bool(expected == observed)
    except (TypeError, ValueError):  # an array inside, or pandas' NA: neither equal nor unequal
        return False


def _same_frames(expected: Any, observed: Any) -> bool:
    if type(expected) is not type(observed):
        return False
    compare: Any = pd.testing.assert_series_equal
    if isinstance(expected, pd.DataFrame):
        compare = pd.testing.assert_frame_equal
    try:
        compare(_unnumbered(expected), _unnumbered(observed), check_dtype=False)
    except AssertionError:
        return False
    return True


def _unnumbered(table: Any) -> Any:
    """The table without row numbers, which depend on the frame it was taken from. An index of names stays."""
    return table.reset_index(drop=True) if pd.api.types.is_integer_dtype(table.index) else table


def as_text(value: Any) -> str:
    """A value as the table shows it: the same text in every run."""
    if isinstance(value, str):
        return value
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.to_string(index=False)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{as_text(key)}: {as_text(item)}" for key, item in value.items()) or "nothing"
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(as_text, value))) or "nothing"
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(map(as_text, value)) or "nothing"
    return "nothing" if value is None else str(value)


def _within(engine: str, since: str, until: str) -> bool:
    version = release(engine)
    return (not since or release(since) <= version) and (not until or version < release(until))


def release(version: str) -> Version:
    """Return the leading numbers: 26.1.5+dfsg1 → 26.1.5; a candidate (27.0.0-rc.1) counts as its release."""
    found = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return Version(found.group() if found else "0")  # an Engine's version can be anything, such as "dev"


def _labelled(label: str, text: str) -> list[str]:
    first, *rest = text.splitlines() or [""]
    return [f"    {label}  {first}".rstrip(), *(f"              {line}" for line in rest)]


def _cell(row: pd.Series, column: str) -> str:
    text = html.escape(str(row[column]))
    if column == "claim" and row["source"] == "beyond":
        return f"{text} <em>(beyond the article)</em>"
    if column == "verdict":
        return f"<strong>{SIGNS[row[column]]}\N{NO-BREAK SPACE}{text}</strong>"
    return text
