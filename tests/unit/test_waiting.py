"""Waiting: what it returns, its bound, and what it says."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from helpers.errors import LabError
from helpers.waiting import NotYet, wait_until


def one_after_another(*values: object) -> Callable[[], object]:
    """A look that sees one value after the other, and then the last one for ever."""
    rest = list(values)
    return lambda: rest.pop(0) if len(rest) > 1 else rest[0]


@pytest.mark.parametrize("value", ["there", 0, "", None, False])
def test_whatever_is_seen_first_is_returned(value: object) -> None:
    look = one_after_another(NotYet("a"), NotYet("b"), value)
    assert wait_until(look, tried="Waiting", within_s=5, next_step="Wait.", every_s=0) is value


def test_the_bound_ends_it_with_what_was_seen_last() -> None:
    look = one_after_another(NotYet("preparing"), NotYet("starting"))
    started = time.monotonic()
    with pytest.raises(LabError) as caught:
        wait_until(look, tried="Waiting for nginx", within_s=0.2, next_step="Look there.", every_s=0.05)
    assert 0.2 <= time.monotonic() - started < 5
    assert (caught.value.tried, caught.value.next_step) == ("Waiting for nginx", "Look there.")
    assert caught.value.seen == "starting\nafter 0 s"


def test_it_looks_at_least_once_and_needs_no_words() -> None:
    assert wait_until(lambda: 7, tried="Waiting", within_s=0, next_step="") == 7
    with pytest.raises(LabError) as caught:
        wait_until(NotYet, tried="Waiting", within_s=0, next_step="", every_s=0.01)
    assert caught.value.seen == "after 0 s"


def test_an_error_of_the_look_ends_it() -> None:
    def look() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        wait_until(look, tried="Waiting", within_s=5, next_step="")


@pytest.mark.parametrize(("silent_s", "said"), [(0.1, "Waiting for a lock …\n"), (60, "")])
def test_a_long_wait_says_once_what_it_waits_for(
    silent_s: float, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    look = one_after_another(*[NotYet()] * 30, "there")
    wait_until(look, tried="Waiting for a lock", within_s=20, next_step="", every_s=0.02, silent_s=silent_s)
    assert capsys.readouterr().err == said
