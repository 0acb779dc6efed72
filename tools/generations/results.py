"""What the runs have shown: docs/generations.json for programs and tests, docs/generations.md for readers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from helpers import suites
from helpers.learning.claims import FAILS, SIGNS
from helpers.paths import PROJECT
from tools.generations import figure
from tools.generations.figure import NOT_DECIDED
from tools.generations.measure import Run
from tools.markdown import cell, plain, table

DATA = PROJECT / "docs" / "generations.json"
Results = dict[str, dict[str, Run]]  # by chapter, such as "02", and by suite
_LACKING = re.compile(r" \(needs [^()]+\)$")
_SIGNS = {**SIGNS, NOT_DECIDED: "?"}
_ABOUT = """# The course on three generations of Docker's Engine

Written by `python3 -m tools generations`. Each chapter is executed on the Engines of three Debian releases:
{engines}. A claim holds (✓), is refuted as the chapter expects (≠), is not made for that Engine (–), or fails
(✗); what has not been run there has a question mark. The machines of chapter 10 have all three at once. The
numbers are those of the figure: a claim has one if its verdict depends on the Engine.

![Every claim on each generation of the Engine]({figure})

Engine 29 is not in Debian yet. Version 29.7.2, built from its public sources and laid over a machine of
`forky`, was seen by hand in November 2026: the claims of chapters 00, 01, 02, 03, 05 and 06 held."""


def read(path: Path = DATA) -> Results:
    """Return the stored runs; none if there is no file."""
    if not path.exists():
        return {}
    return {
        chapter: {suite: Run(**{**one, "differs": tuple(one["differs"])}) for suite, one in runs.items()}
        for chapter, runs in json.loads(path.read_text("utf-8")).items()
    }


def on(suite: str, runs: Mapping[str, Run]) -> Run | None:
    """Return a chapter's run on the Engine of a suite."""
    return next((run for run in runs.values() if run.on_all), runs.get(suite))


def store(chapter: str, suite: str, run: Run, path: Path = DATA) -> None:
    """Add a run to what is stored, and write the page and the figure again.

    A cell whose outputs differed in an earlier run of the same code may do so again.
    """
    results = read(path)
    before = results.setdefault(chapter, {}).get(suite)
    if before and before.of == run.of:
        run = replace(run, differs=tuple(dict.fromkeys((*before.differs, *run.differs))))
    results[chapter][suite] = run
    ordered = {
        chapter: {suite: asdict(runs[suite]) for suite in suites.ENGINES if suite in runs}
        for chapter, runs in sorted(results.items())
    }
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
    picture = path.with_suffix(".png")
    path.with_suffix(".md").write_text(page(results, picture.name), "utf-8")
    figure.save(matrix(results), list(suites.ENGINES.values()), picture)


def matrix(results: Results) -> dict[str, dict[str, list[str]]]:
    """Return, by chapter and by claim, the verdict on each generation, in the order of the suites."""
    return {chapter: _side_by_side(runs) for chapter, runs in sorted(results.items())}


def _side_by_side(runs: Mapping[str, Run]) -> dict[str, list[str]]:
    seen: dict[str, dict[str, str]] = {}
    for suite in suites.ENGINES:
        if run := on(suite, runs):
            for claim, verdict in run.verdicts.items():
                seen.setdefault(sentence(claim), {})[suite] = verdict
    return {
        claim: [verdicts.get(suite, NOT_DECIDED) for suite in suites.ENGINES]
        for claim, verdicts in seen.items()
    }


def sentence(claim: str) -> str:
    """Return a claim without what only an Engine that lacks something says after it."""
    return _LACKING.sub("", claim)


def page(results: Results, picture: str, *, only_changes: bool = False) -> str:
    """Return docs/generations.md, which shows the figure at the address `picture`.

    With `only_changes`, the tables have only the claims whose verdict depends on the Engine.
    """
    engines = [f"{_engine(results, suite)} ({suite})" for suite in suites.ENGINES]
    parts = [
        _ABOUT.format(engines=", ".join(engines), figure=picture),
        "\n".join(table(["Engine", "chapters passed", *_SIGNS], _summary(results))),
    ]
    for chapter, claims in matrix(results).items():
        numbers = figure.numbers(claims)
        shown = {claim: seen for claim, seen in claims.items() if claim in numbers or not only_changes}
        rows = [[numbers.get(claim, ""), cell(claim), *map(_sign, seen)] for claim, seen in shown.items()]
        if rows:
            parts += [f"## {chapter}", "\n".join(table(["", "claim", *suites.ENGINES.values()], rows))]
        parts += [
            f"On {suites.ENGINES[suite]}, a cell raised: {plain(run.raised)}"
            for suite, run in results[chapter].items()
            if run.raised
        ]
    return "\n\n".join(parts) + "\n"


def _summary(results: Results) -> Iterable[list[str]]:
    for place, suite in enumerate(suites.ENGINES):
        runs = list(filter(None, (on(suite, of) for of in results.values())))
        seen = [verdicts[place] for claims in matrix(results).values() for verdicts in claims.values()]
        yield [
            _engine(results, suite),
            f"{sum(run.passed for run in runs)} of {len(results)}",
            *(str(seen.count(verdict)) for verdict in _SIGNS),
        ]


def _engine(results: Results, suite: str) -> str:
    """The Engine's full version, as a chapter has seen it."""
    found = (runs[suite] for runs in results.values() if suite in runs)
    return next((run.engine for run in found if run.engine and not run.on_all), suites.ENGINES[suite])


def _sign(verdict: str) -> str:
    return f"**{_SIGNS[verdict]}**" if verdict == FAILS else _SIGNS[verdict]
