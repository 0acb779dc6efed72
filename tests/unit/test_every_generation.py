"""docs/generations.json: what was run on another generation passes (`python3 -m tools generations`)."""

from __future__ import annotations

import pytest

from helpers import notebooks, suites
from tools import executed
from tools.generations import results

STORED = results.read()
RUNS = [(chapter, suite) for chapter, runs in STORED.items() for suite in runs]


@pytest.mark.parametrize(("chapter", "suite"), RUNS)
def test_each_claim_of_the_chapter_was_decided_and_none_fails(chapter: str, suite: str) -> None:
    (path,) = notebooks.find([chapter])
    assert STORED[chapter][suite].passed
    stored = list(map(results.sentence, STORED[chapter][suite].verdicts))
    assert stored == list(map(results.sentence, executed.verdicts(notebooks.read(path))))


def test_the_page_shows_what_is_stored() -> None:
    page = results.DATA.with_suffix(".md").read_text("utf-8")
    assert page == results.page(STORED, results.DATA.with_suffix(".png").name)


def test_the_stored_chapters_show_the_verdicts_of_the_default_generation() -> None:
    for chapter, runs in STORED.items():
        if run := runs.get(suites.DEFAULT):
            (path,) = notebooks.find([chapter])
            assert run.verdicts == executed.verdicts(notebooks.read(path))
