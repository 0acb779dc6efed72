"""Sorting by numbers in names, and text without a terminal's colours."""

from __future__ import annotations

import pytest

from helpers.text import natural, without_colours


@pytest.mark.parametrize(
    "in_order",
    [
        ["a", "nginx.9", "nginx.10", "9", "10"],
        ["10.0.0.9", "10.0.0.10", "10.0.1.2"],
        ["", "web", "web2", "web.1", "web.1.a", "x²"],
    ],
)
def test_numbers_in_names_count_as_numbers(in_order: list[str]) -> None:
    backwards = in_order[::-1]
    assert sorted(backwards, key=natural) == in_order


def test_colours_are_removed_and_nothing_else() -> None:
    assert without_colours("\x1b[01;34mbin\x1b[0m\t[0m \x1b[K\n") == "bin\t[0m \x1b[K\n"
    assert without_colours("\x1b[mplain") == "plain"
