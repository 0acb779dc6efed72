"""A prediction next to the result: right, wrong or left open, but never a failure; and what is kept of it."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpers.commands import progress
from helpers.errors import LabError
from helpers.learning import course, predictions, record
from helpers.learning.course import course_map
from helpers.learning.predictions import compare, read_grid
from helpers.probes.frame import tidy
from tools.publish.chapters import Chapter, read_all

CHAPTERS = read_all()

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


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "_advised", False)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_PROGRESS", raising=False)
    return record.path()


def test_answers_are_right_wrong_or_left_open() -> None:
    compared = compare(
        "01 addresses",
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


def test_going_on_without_a_prediction_is_allowed_and_said_once() -> None:
    first = compare("01 addresses", {"address": None}, {"address": "172.17.0.3"})
    advice, answer = repr(first).splitlines()
    assert advice.startswith("Nothing predicted. You may go on like this")
    assert answer == "– address: 172.17.0.3"
    assert advice in first._repr_html_()
    later = compare("01 names", {"by name": None}, {"by name": False})
    assert repr(later) == "– by name: no"
    assert later._repr_html_().startswith("<table")
    assert "predicted" not in later._repr_html_()


@pytest.mark.parametrize(
    ("answer", "truth", "sign"),
    [
        ("yes", True, "✓"),
        (" N", False, "✓"),
        ("3", 3, "✓"),
        ("Exited", "exited", "✓"),
        (1, True, "✗"),  # not what was asked
        ("4", 3, "✗"),
        ("?", 3, "–"),
        (" ", "exited", "–"),
    ],
)
def test_an_answer_that_reads_like_the_true_one_is_right(answer: Any, truth: Any, sign: str) -> None:
    assert compare("01 names", {"it": answer}, {"it": truth}).frame()["right"].item() == sign


@pytest.mark.parametrize("about", ["", "names", "1 names", "01 name", "01 names\n", "01  names", "01"])
def test_an_unknown_topic_is_a_bug_of_the_chapter(about: str) -> None:
    with pytest.raises(ValueError, match="one of addresses, names"):
        compare(about, {}, {})


def test_a_grid_is_compared_pair_by_pair() -> None:
    compared = compare("01 names", GRID, tidy(ROWS))
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
        compare("01 addresses", {"adress": "172.17.0.3"}, {"address": "172.17.0.3"})


# ---- what is kept


def test_the_first_answer_to_each_question_counts(kept: Path) -> None:
    for answer in (None, "172.17.0.2", "172.17.0.3"):
        compare(
            "01 addresses", {"busybox1": answer, "busybox2": None}, {"busybox1": "172.17.0.3", "busybox2": 4}
        )
    compare("01 addresses", {"busybox2": 4}, {"busybox2": 4})  # left open until now
    assert record.predictions() == {"01 addresses": {"busybox1": False, "busybox2": True}}


def test_nothing_is_kept_of_a_comparison_without_answers(kept: Path) -> None:
    compare("01 names", {"it": None}, {"it": 3})
    assert not kept.exists()


def test_with_progress_off_nothing_is_read_or_written(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare("01 names", {"it": 3}, {"it": 3})
    before = kept.read_bytes()
    monkeypatch.setenv("LAB_PROGRESS", "off")
    compare("01 names", {"it": 3, "that": 4}, {"it": 3, "that": 4})
    assert kept.read_bytes() == before
    assert record.predictions() == {}
    assert "Your predictions" not in repr(course_map())


def test_a_record_without_predictions_stays_readable(kept: Path) -> None:
    kept.write_text('{"01": "2020-02-02", "01-1": "2020-02-03"}')
    assert record.predictions() == {}
    compare("01 names", {"it": 3}, {"it": 3})
    assert record.done() == {"01": "2020-02-02", "01-1": "2020-02-03"}
    record.note_done("01-2")
    assert record.predictions() == {"01 names": {"it": True}}
    record.reset()
    assert (record.done(), record.predictions()) == ({}, {})


@pytest.mark.parametrize("damage", [7, [1], {"01 names": 7}, {"01 names": {"it": "yes"}}])
def test_what_is_damaged_in_the_record_counts_as_not_predicted(kept: Path, damage: Any) -> None:
    kept.write_text(json.dumps({"01": "2020-02-02", "predictions": damage}))
    assert not any(record.predictions().values())
    compare("01 names", {"it": 3}, {"it": 3})
    assert record.predictions() == {"01 names": {"it": True}}
    assert record.when_done("01") == "2020-02-02"


def test_a_record_that_cannot_be_written_is_reported(kept: Path) -> None:
    kept.mkdir()
    with pytest.raises(LabError, match="progress"):
        compare("01 names", {"it": 3}, {"it": 3})


def test_notebooks_that_record_at_once_lose_nothing(kept: Path) -> None:
    questions = [f"question {number}" for number in range(20)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda asked: compare("01 names", {asked: 3}, {asked: 3}), questions))
    assert record.predictions() == {"01 names": dict.fromkeys(questions, True)}


# ---- what the course map tells


def test_progress_can_be_shown_and_forgotten(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record.note_predictions("02 names", {"a": True})
    for arguments, shown in (([], True), (["--reset"], False), ([], False)):
        assert progress.command(arguments) == 0
        assert ("service discovery: 1 of 1 right" in capsys.readouterr().out) is shown


def test_the_map_tells_what_was_right_by_topic_and_what_to_look_at_again(kept: Path) -> None:
    assert "predictions" not in repr(course_map())
    record.note_predictions("02 names", {"a": True, "b": False})
    record.note_predictions("06 names", {"a": True, "b": False, "c": False})
    record.note_predictions("06 speed", {"a": False})
    record.note_predictions("03 ports", {"a": True})
    record.note_predictions("02 a topic that no longer exists", {"a": False})
    shown = course_map()
    assert repr(shown).partition("\n\n")[2].splitlines() == [
        "Your predictions:",
        "  service discovery: 2 of 5 right",
        "  published ports: 1 of 1 right",
        "  performance: 0 of 1 right",
        "",
        "Look again at:",
        "  06 Build an overlay across three machines: 3 wrong (service discovery, performance)",
        "  02 Build a user-defined bridge: 1 wrong (service discovery)",
    ]
    told = shown._repr_html_()
    assert "<li>service discovery: 2 of 5 right</li>" in told
    again = told.partition("Look again at")[2]
    assert again.index('href="06_overlay.ipynb"') < again.index('href="02_user_defined_bridge.ipynb"')


def test_a_chapter_that_is_not_there_is_not_to_be_looked_at_again(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record.note_predictions("02 names", {"a": False})
    monkeypatch.setattr(course, "chapter_files", list)
    assert repr(course_map()).splitlines()[-2:] == ["Your predictions:", "  service discovery: 0 of 1 right"]


# ---- the chapters


def asked_in(chapter: Chapter) -> Iterator[tuple[str, str]]:
    """What each comparison is about, with each of its questions."""
    written: dict[str, Any] = {}
    for cell in chapter.notebook.cells:
        if cell.cell_type != "code" or cell.source.startswith("%"):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            match node:
                case ast.Assign([ast.Name(name)], ast.Dict() | ast.Constant() as value) if name[:3] == "my_":
                    written[name] = ast.literal_eval(value)
                case ast.Call(ast.Name("compare"), [about, ast.Name(name), _]):
                    prediction = written[name]
                    for asked in read_grid(prediction) if isinstance(prediction, str) else prediction:
                        yield ast.literal_eval(about), asked


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[one.name for one in CHAPTERS])
def test_a_chapter_asks_each_question_once_and_says_what_it_is_about(chapter: Chapter) -> None:
    asked = Counter(asked_in(chapter))
    assert asked
    assert set(asked.values()) == {1}, asked  # the record tells questions apart by their text
    for about, _ in asked:
        assert about.startswith(f"{chapter.number} ")
        compare(about, {}, {})
