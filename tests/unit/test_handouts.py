"""The handouts, without a browser: what each edition contains, and in which order."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.errors import LabError
from helpers.learning import exercises
from tools.generations import figure, results
from tools.publish import editions, handouts, predictions
from tools.publish.chapters import Chapter, read_all

CHAPTERS = read_all()
COMPARES = re.compile(r'compare\(\s*"[^"]+",\s*my_')


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory = tmp_path_factory.mktemp("handouts")
    pages = handouts.write(directory, papers=[])
    return {str(page.relative_to(directory)): page.read_text("utf-8") for page in pages}


def test_each_chapter_and_the_course_exist_in_both_editions(written: dict[str, str]) -> None:
    names = [*(chapter.name for chapter in CHAPTERS), handouts.COURSE]
    assert sorted(written) == sorted(
        f"{edition}/{name}.html" for edition in handouts.EDITIONS for name in names
    )


def test_links_point_into_the_handouts_or_to_the_web(written: dict[str, str]) -> None:
    for page, text in written.items():
        for link in re.findall(r'href="([^"]+)"', text):
            if link.startswith("#"):
                assert f'id="{link[1:]}"' in text, (page, link)
            elif not link.startswith("https://"):
                assert f"{Path(page).parent}/{link}" in written, (page, link)


def test_the_course_ends_with_what_depends_on_the_engine(written: dict[str, str]) -> None:
    _, _, section = written["learner/course.html"].rpartition("<section")
    text = html.unescape(re.sub(r"<[^>]*>", "", section))
    for claims in results.matrix(results.read()).values():
        for claim in claims:
            assert (claim.replace("`", "") in text) == (claim in figure.numbers(claims)), claim
    assert 'src="data:image/png;base64,' in section
    assert 'id="generations"' not in written["learner/00_start_here.html"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_solutions_are_only_in_the_instructors_edition(chapter: Chapter, written: dict[str, str]) -> None:
    learners, instructors = (
        written[f"{edition}/{chapter.name}.html"] for edition in ("learner", "instructor")
    )
    assert "One solution" not in learners
    assert "What usually goes wrong" not in learners
    of_chapter = exercises.of_chapter(chapter.number)
    assert instructors.count("One solution") == len(of_chapter) > 0
    assert learners.count("☐") == sum(len(exercise.checks) for exercise in of_chapter)
    assert f"about {chapter.minutes} minutes" in instructors
    assert chapter.minutes > 0


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_a_prediction_has_room_before_its_answer(chapter: Chapter) -> None:
    compared = sum(bool(COMPARES.search(cell.source)) for cell in chapter.notebook.cells)
    found = predictions.find(chapter.notebook)
    assert found
    assert compared <= sum(one.room.count("<table") for one in found)
    cells = editions.learner(chapter).cells
    kinds = [cell.metadata.get("handout") for cell in cells]
    assert kinds.count("room") == len(found)
    for room in (position for position, kind in enumerate(kinds) if kind == "room"):
        assert "asks" in kinds[room - 2 : room]
        assert cells[room + 1].metadata.get("holds")
    # Collapsible parts are not nested, and each one that is opened is closed.
    marks = "".join(
        "<" * bool(cell.metadata.get("holds")) + ">" * bool(cell.metadata.get("ends")) for cell in cells
    )
    assert marks == "<>" * len(found)


def test_the_room_matches_what_a_prediction_asks() -> None:
    notebook = new_notebook(
        cells=[
            new_markdown_cell("**Predict first:** what?"),
            new_code_cell('my_answers = {"a < b": None}\nmy_grid = """\n   x y\nx  . ?\ny  ? .\n"""'),
            new_code_cell("measured = 1"),
            new_code_cell('compare("01 names", my_answers, measured)'),
            new_code_cell('compare("01 names", my_grid, measured)'),
            new_markdown_cell("**Before you run the next cell:** and what will it say?"),
            new_code_cell("%%on host\nping nobody"),
        ]
    )
    first, second = predictions.find(notebook)
    assert (first.asked, first.answered) == (1, 4)
    assert "<th>a &lt; b</th><td></td>" in first.room
    assert "<tr><th>x</th><td>–</td><td></td></tr>" in first.room
    assert (second.asked, second.answered) == (5, 6)
    assert "line" in second.room


def test_a_chapter_without_pitfalls_or_minutes_raises_an_error() -> None:
    with pytest.raises(LabError, match=r"what_goes_wrong\.md"):
        editions.pitfalls("99")
    mute = Chapter(Path("99_x.ipynb"), new_notebook(cells=[new_markdown_cell("# 99 X")]))
    with pytest.raises(LabError, match="about N minutes"):
        _ = mute.minutes


def test_a_case_of_the_clinic_begins_a_page_and_the_instructor_reads_what_it_was() -> None:
    clinic = next(chapter for chapter in CHAPTERS if chapter.number == "09")
    for edition in (editions.learner(clinic), editions.instructor(clinic)):
        begun = [cell.source for cell in edition.cells if cell.metadata.get("handout") == "case"]
        assert len(begun) == len(exercises.of_chapter("09"))
    told = [cell.source for cell in editions.instructor(clinic).cells if "What it was" in cell.source]
    assert len(told) == len(exercises.of_chapter("09"))
    assert all(source.startswith("<details open>") for source in told)
    assert not any("<details open>" in cell.source for cell in editions.learner(clinic).cells)
