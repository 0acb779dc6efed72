"""Checks, the feedback to a learner, what is recorded of it, and the exercises as the chapters show them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import nbformat
import pytest

from helpers import notebooks
from helpers.engine import images
from helpers.errors import LabError
from helpers.lab import Lab, NoSuchContainer
from helpers.learning import exercises, record
from helpers.learning.checks import Check
from helpers.learning.claims import Verdicts
from helpers.learning.clinic.case import Case
from helpers.learning.course import course_map
from helpers.learning.exercise import Exercise, Result
from helpers.paths import chapter_number


def asks_for(text: str, key: str) -> Check:
    def see(lab: Any) -> str:
        if key not in lab:
            raise LabError("Looking", f"nothing called {key}\nat all", "Make it.")
        return str(lab[key])

    return Check(text, "on", see, hint=f"Switch {key} on.")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_PROGRESS", raising=False)
    return record.path()


class Switches(dict[str, str]):
    """A lab without machines."""

    machines: ClassVar[dict[str, Any]] = {}
    lan = SimpleNamespace(gateway="192.168.99.1")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, state: Path) -> dict[str, str]:
    made = Switches()
    monkeypatch.setattr(Lab, "current", made)
    checks = [asks_for("the lamp is on", "lamp"), asks_for("the fan is on", "fan")]
    exercise = Exercise("02-9", "easy", "Switch both on.", checks, {"host": "lamp\nfan"}, {})
    monkeypatch.setattr(exercises, "find", lambda name: exercise)
    return made


def test_before_anything_is_done_it_reports_how_many_checks_pass(lab: dict[str, str]) -> None:
    assert repr(exercises.check("02-9")).splitlines() == [
        "02-9: 0 of 2 checks pass.",
        "✗ the lamp is on (now: nothing called lamp)",
        "✗ the fan is on (now: nothing called fan)",
        "Hint: Switch lamp on.",
    ]


def test_the_hint_belongs_to_the_first_check_that_fails(lab: dict[str, str]) -> None:
    lab.update(lamp="on", fan="broken")
    assert repr(exercises.check("02-9")).splitlines() == [
        "02-9: 1 of 2 checks pass.",
        "✓ the lamp is on",
        "✗ the fan is on (now: broken)",
        "Hint: Switch fan on.",
    ]


def test_a_missing_container_is_named_in_the_hint(lab: Any) -> None:
    def see(lab: Any) -> str:
        raise NoSuchContainer("Looking for web", "containers there: none", "Run the chapter.")

    seen = Check("web runs", "running", see, hint="See `docker ps`.").look(lab)
    assert not seen.ok
    assert seen.now == "containers there: none"
    assert "start it" in seen.hint


def test_the_output_of_a_command_fits_on_the_line_of_the_check(lab: Any) -> None:
    assert str(Check("it is drained", "drain", lambda _: "active\nbusy", hint="").look(lab)).endswith(
        "(now: active, busy)"
    )
    assert str(Check("it is drained", "drain", lambda _: "", hint="").look(lab)).endswith("(now: nothing)")


def test_done_is_recorded_and_a_regression_is_reported(lab: dict[str, str], state: Path) -> None:
    lab.update(lamp="on", fan="on")
    assert repr(exercises.check("02-9")).startswith("02-9: done, all 2 checks pass.")
    day = json.loads(state.read_text())["02-9"]
    del lab["fan"]
    assert f"1 of 2 checks pass. It was done on {day}" in repr(exercises.check("02-9"))
    assert "<li>✓ the lamp is on</li>" in exercises.check("02-9")._repr_html_()


def test_a_command_in_a_hint_is_code_on_the_page(lab: Any) -> None:
    check = Check("the lamp is on", "on", lambda _: "off", hint="See `lamp <name>`.")
    exercise = Exercise("02-9", "easy", "Switch it on.", [check], {}, {})
    assert (
        "<p>Hint: See <code>lamp &lt;name&gt;</code>.</p>"
        in Result(exercise, exercise.look(lab))._repr_html_()
    )


def test_an_exercise_for_another_generation_says_so(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = Exercise("02-9", "easy", "Switch it on.", [], {}, {}, needs="lamp")
    monkeypatch.setattr(images, "packages", lambda _: ["lamp"])
    assert exercise.look(lab) == []
    monkeypatch.setattr(images, "packages", lambda _: ["torch"])
    (seen,) = exercise.look(lab)
    assert not seen.ok
    assert f"a machine of {images.SUITE} has no lamp" in str(seen)
    assert "make lab SUITE=" in seen.hint


def test_without_a_lab_it_explains_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lab, "current", None)
    with pytest.raises(LabError, match=r"no lab is open[^$]*Run the chapter's cells from the top"):
        exercises.check("01-1")
    with pytest.raises(LabError, match=r"no lab is open[^$]*Admit this patient: lab = clinic.admit\(\"09-3"):
        exercises.check("09-3")


def test_an_unknown_exercise_lists_the_known_ones() -> None:
    with pytest.raises(LabError, match="there are 00-1, 01-1"):
        exercises.check("99-1")


def test_nothing_is_recorded_when_outputs_are_compared(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROGRESS", "off")
    record.note_done("01-1")
    assert not state.exists()
    assert record.done() == {}


@pytest.mark.parametrize("damaged", ["", "{", "[1, 2]", '{"01-1": 7}'])
def test_a_damaged_file_counts_as_empty_and_is_repaired(damaged: str, state: Path) -> None:
    state.write_text(damaged)
    assert record.done() == {}
    record.note_done("01-1")
    assert list(record.done()) == ["01-1"]
    record.reset()
    assert record.done() == {}


def test_the_date_of_the_first_success_is_kept(state: Path) -> None:
    state.write_text('{"01-1": "2020-02-02"}')
    record.note_done("01-1", "01-2")
    assert record.when_done("01-1") == "2020-02-02"
    assert record.when_done("01-2") > "2020-02-02"


def test_the_map_shows_a_chapters_verdicts_and_exercises(state: Path) -> None:
    verdicts = Verdicts("01 Default bridge")
    verdicts.claim("It is", expected=1, observed=1)
    verdicts.table()
    record.note_done("01-2")
    lines = repr(course_map()).splitlines()
    assert lines[0].startswith("· 00 ")
    assert lines[1].startswith("✓ 01 Meet the default bridge")
    assert lines[1].endswith("1 of 3 exercises")
    assert 'href="01_default_bridge.ipynb"' in course_map()._repr_html_()


def test_a_solution_can_be_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    exercises.solution("00-1")
    assert capsys.readouterr().out == "%%on host\ndocker network create playground\n\n"


@pytest.mark.parametrize("path", notebooks.find([]), ids=lambda path: path.stem)
def test_a_chapter_contains_its_exercises_verbatim_each_with_its_check(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    sources = [cell.source for cell in cells]
    of_chapter = exercises.of_chapter(chapter_number(path))
    levels = [exercise.level for exercise in of_chapter]
    least = ["easy"] if path.stem.startswith("00") else ["easy", "real life", "hard"]
    assert levels[: len(least)] == least or ({*levels} == {*least} and path.stem == "09_clinic")
    for exercise in of_chapter:
        shown = sources.index(f"**{exercise.id}** · *{exercise.level}* · {exercise.text}")
        checked = sources.index(f'check("{exercise.id}")')
        assert checked > shown if isinstance(exercise, Case) else checked == shown + 1
        assert "lab.close()" in sources[checked:]


EACH = pytest.mark.parametrize(
    "exercise",
    [one for path in notebooks.find([]) for one in exercises.of_chapter(chapter_number(path))],
    ids=lambda one: one.id,
)


@EACH
def test_an_exercise_is_complete(exercise: Exercise) -> None:
    assert exercise.id.split("-")[0] in exercises.BY_CHAPTER
    assert exercise.checks
    assert exercise.solution
    assert exercise.solution.keys() >= exercise.undo.keys()
    assert isinstance(exercise, Case) is not bool(exercise.undo)
    assert all(check.hint for check in exercise.checks)
    assert SimpleNamespace(**vars(exercise)).text.endswith((".", "?", ".)", "?)"))


REMOVED = re.compile(r"docker rm -f ((?:[\w.-]+ ?)+)")
COULD_BE_AN_ID = re.compile(r"[0-9a-f]{1,11}")


@EACH
def test_what_is_removed_by_name_cannot_be_the_beginning_of_anothers_id(exercise: Exercise) -> None:
    """``docker rm -f db`` removes any container whose id begins with db, if none has that name."""
    cures, there = [exercise.solution, exercise.undo], set[str]()
    if isinstance(exercise, Case):
        cures += [exercise.other, *exercise.wrong.values()]
        there = {*exercise.scene.containers}
    scripts = "\n".join(script for cure in cures for script in cure.values())
    removed = [name for names in REMOVED.findall(scripts) for name in names.split()]
    assert [name for name in removed if COULD_BE_AN_ID.fullmatch(name) and name not in there] == []
