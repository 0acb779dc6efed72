"""docs/mutants.json: each claim of the course has turned red on some network (`python3 -m tools mutants`)."""

from __future__ import annotations

import pytest

from tools.mutants import results, trial

STORED = results.read()
CLAIMS = trial.decided_in_the_course()


@pytest.mark.parametrize("chapter", CLAIMS)
def test_no_claim_survives(chapter: str) -> None:
    assert results.survivors(STORED.get(chapter, []), CLAIMS[chapter]) == []


def test_at_most_one_claim_in_ten_is_killed_by_a_change_of_what_was_observed() -> None:
    by_a_network = 0
    for chapter, claims in CLAIMS.items():
        trials = [one for one in STORED.get(chapter, []) if not one.impossible]
        by_a_network += len(claims) - len(results.survivors(trials, claims))
    assert by_a_network >= 0.9 * sum(map(len, CLAIMS.values()))


def test_the_page_shows_what_is_stored() -> None:
    assert results.PAGE.read_text("utf-8") == results.page(STORED, CLAIMS)
