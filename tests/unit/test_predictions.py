"""A prediction next to the result: right, wrong or left open, but never a failure."""

from __future__ import annotations

import pytest

from helpers.errors import LabError
from helpers.learning.predictions import compare, read_grid
from helpers.probes.frame import tidy

GRID = """
           busybox1  nginx
busybox1      .        y
nginx         ?        .
"""
ROWS = [
    {
        "source": "busybox1",
        "target": "nginx",
        "via": "name",
        "protocol": "icmp",
        "ok": ok,
        "rtt_ms": 1.0,
        "error": "",
    }
    for ok in (True, False)
] + [
    {
        "source": "nginx",
        "target": "busybox1",
        "via": "name",
        "protocol": "icmp",
        "ok": True,
        "rtt_ms": 1.0,
        "error": "",
    }
]


def test_answers_are_right_wrong_or_left_open() -> None:
    compared = compare(
        {"address": "172.17.0.3", "by name": True, "order": None},
        {
            "address": "172.17.0.3",
            "by name": False,
            "order": ["a", "b"],
        },
    )
    assert repr(compared).splitlines() == [
        "1 of 2 predictions are right.",
        "✓ address: 172.17.0.3",
        "✗ by name: no (predicted: yes)",
        "– order: a, b",
    ]


def test_an_empty_prediction_is_not_a_mistake() -> None:
    assert repr(compare({"address": None}, {"address": "172.17.0.3"})).splitlines() == [
        "Nothing predicted: fill in what you expect, and run this cell again.",
        "– address: 172.17.0.3",
    ]


def test_a_grid_is_compared_pair_by_pair() -> None:
    compared = compare(GRID, tidy(ROWS))
    assert compared.frame().to_dict("list") == {
        "question": ["busybox1 → nginx", "nginx → busybox1"],
        "predicted": ["yes", ""],
        "measured": ["no", "yes"],  # every attempt for a pair counts
        "right": ["✗", "–"],
    }
    assert "<strong>0 of 1 predictions are right.</strong>" in compared._repr_html_()


@pytest.mark.parametrize(
    ("grid", "complaint"),
    [
        ("a b\na . maybe", "'maybe' in the line of a"),
        ("a b\na .", "the line of a has 1 answers for 2 targets"),
    ],
)
def test_unreadable_predictions_are_reported(grid: str, complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        read_grid(grid)


def test_an_empty_grid_has_no_questions() -> None:
    assert read_grid("") == {}


def test_a_question_that_was_not_measured_is_reported() -> None:
    with pytest.raises(LabError, match="adress: not among the questions, which are address"):
        compare({"adress": "172.17.0.3"}, {"address": "172.17.0.3"})
