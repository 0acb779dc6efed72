"""What the mutations have shown: docs/mutants.json for programs, docs/mutants.md for readers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from helpers.paths import PROJECT
from tools.markdown import cell, table
from tools.mutants.trial import Trial

DATA = PROJECT / "docs" / "mutants.json"
PAGE = DATA.with_suffix(".md")
Results = dict[str, list[Trial]]  # by chapter, such as "02"
_ABOUT = """# What would turn each claim red

Written by `python3 -m tools mutants`. Each chapter is executed on networks that are wrong on purpose: a
container left out, a rule removed, another driver or option, an address moved. A claim is killed if its own
verdict turns to FAILS; that an earlier cell fails does not count. Where no network can do it, what was
observed is changed instead, with the reason. Claims that do not apply to the Engine are left out."""


def read(path: Path = DATA) -> Results:
    """Return the stored trials; none if there is no file."""
    if not path.exists():
        return {}
    stored = json.loads(path.read_text("utf-8"))
    return {
        chapter: [Trial(**{**one, "killed": tuple(one["killed"])}) for one in trials]
        for chapter, trials in stored.items()
    }


def write(results: Results, claims: Mapping[str, Sequence[str]]) -> None:
    """Store the trials, and write the page about them and the chapters' `claims`."""
    stored = {chapter: [asdict(one) for one in results[chapter]] for chapter in sorted(results)}
    DATA.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(results, claims), "utf-8")


def survivors(trials: Sequence[Trial], claims: Sequence[str]) -> list[str]:
    """Return the claims that no trial has killed."""
    killed = {claim for one in trials for claim in one.killed}
    return [claim for claim in claims if claim not in killed]


def page(results: Results, claims: Mapping[str, Sequence[str]]) -> str:
    """Return docs/mutants.md."""
    every = [one for trials in results.values() for one in trials]
    alive = sum(len(survivors(results.get(chapter, []), of)) for chapter, of in claims.items())
    total = sum(map(len, claims.values()))
    minutes = sum(one.seconds for one in every) / 60
    parts = [
        _ABOUT,
        f"{total - alive} of {total} claims are killed by {len(every)} mutations,"
        f" which take {minutes:.0f} minutes.",
    ]
    for chapter, of in claims.items():
        rows = [[cell(claim), *_killers(results.get(chapter, []), claim)] for claim in of]
        parts += [f"## {chapter}", "\n".join(table(["claim", "killed", "by"], rows))]
    return "\n\n".join(parts) + "\n"


def _killers(trials: Sequence[Trial], claim: str) -> tuple[str, str]:
    killers = [one for one in trials if claim in one.killed]
    by_network = [cell(one.what) for one in killers if not one.impossible]
    if by_network:
        return "yes", "<br>".join(by_network)
    if killers:
        return "observation only", "<br>".join(cell(f"{one.what} ({one.impossible})") for one in killers)
    return "**no**", ""
