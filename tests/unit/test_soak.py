"""The campaign can fail: anything left behind, changed or crossing over is noticed and reported."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tools.soak import ground, page
from tools.soak.campaign import Results
from tools.soak.ground import Outcome
from tools.soak.isolation import Crossings
from tools.soak.visit import Visit

GOOD = Outcome("kernel killed, chapter 03", objects=2, gone_s=4.2, next_lab_s=9.0, intact=True)
PAUSED = Outcome("a machine paused", objects=3, gone_s=7.0, next_lab_s=8.0, intact=True, seen="it | paused")
APART = Crossings(labs=8, free_mb=900, pairs=56, addresses=0, pings=0, names=0, packets=0, own=5, verdicts=0)
SAME = Visit(things=20, by_course=0, by_clean=0)
ABOUT = "Embedded engine 26.1.5."


def page_of(outcomes: list[Outcome], crossings: Crossings = APART, visit: Visit = SAME) -> str:
    results = Results("26.1.5", outcomes, crossings, visit)
    return page.render("python3 -m tools soak --seed 1", ABOUT, results)


@pytest.mark.parametrize(
    "change", [{"gone_s": math.inf}, {"gone_s": 121.0}, {"next_lab_s": math.inf}, {"intact": False}]
)
def test_losing_something_or_leaving_something_behind_is_not_good(change: dict[str, float]) -> None:
    assert GOOD.good
    assert not replace(GOOD, **change).good  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"addresses": 1}, {"pings": 1}, {"names": 1}, {"packets": 1}, {"verdicts": 1}, {"own": 0}]
)
def test_a_crossing_is_not_good_and_neither_is_an_empty_capture(change: dict[str, int]) -> None:
    assert APART.good
    assert not replace(APART, **change).good


def test_the_page_lists_each_chapter_and_each_fault() -> None:
    page = page_of([GOOD, replace(GOOD, gone_s=9.0), PAUSED])
    assert "`python3 -m tools soak --seed 1`" in page
    assert "| 03 | 2 | 2 | 2 | 7 s | 9 s | 9 s |" in page
    assert r"| a machine paused | 3 | 7 s | 8 s | unchanged | it \| paused |" in page
    assert "2, all good" in page
    assert "8 labs at once: nothing crosses" in page
    assert "| the whole course: `run` | 20 | 0 |" in page


def test_the_page_highlights_what_went_wrong() -> None:
    bad = [replace(GOOD, gone_s=math.inf), replace(PAUSED, intact=False)]
    page = page_of(bad, replace(APART, labs=5, pings=1), replace(SAME, by_clean=1))
    assert page.count("1 NOT GOOD") == 2
    assert "NOT within 120 s" in page
    assert "| CHANGED |" in page
    assert "NOT ISOLATED" in page
    assert "No more labs fit: 900 MB" in page
    assert "OBJECTS CHANGED" in page


@pytest.mark.parametrize("change", [{"by_course": 1}, {"by_clean": 1}, {"things": 0}])
def test_a_change_to_the_users_objects_is_not_good(change: dict[str, int]) -> None:
    assert Results("", [GOOD], APART, SAME).good
    assert not Results("", [GOOD], APART, replace(SAME, **change)).good


def test_waiting_for_objects_to_go_ends_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "BOUND_S", 0.2)
    monkeypatch.setattr(ground, "_POLL_S", 0.01)
    monkeypatch.setattr(ground, "count", lambda labs: 1)
    assert ground.seconds_until_gone() == math.inf


def test_an_object_that_appears_late_counts_as_left(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([1, 0, 0, 1])
    monkeypatch.setattr(ground, "_POLL_S", 0.01)
    monkeypatch.setattr(ground, "_QUIET_S", 0.2)
    monkeypatch.setattr(ground, "count", lambda labs: next(counts, 0))
    assert 0.03 <= ground.seconds_until_gone() < math.inf
