"""The handouts as Chromium lays them out for paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tools.publish import handouts
from tools.publish.chapters import read_all

# The width between the margins in CSS pixels (1/96 inch), and the paper size in points (1/72 inch).
A4_WIDTH, LETTER_WIDTH = 695, 717
SIZES = {"a4": (595, 842), "letter": (612, 792)}
# The height between the margins of the shorter paper, Letter; a taller figure would be cut in two.
HEIGHT = 948
# Elements that extend beyond the right edge of the page, or hide part of their content.
CUT = """elements => elements.filter(element =>
    element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    || element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display != 'inline'
).map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return handouts.write(tmp_path_factory.mktemp("handouts"), papers=[])


@pytest.mark.parametrize("width", [A4_WIDTH, LETTER_WIDTH])
def test_nothing_runs_off_the_paper(browser: Browser, pages: list[Path], width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.emulate_media(media="print")
    for path in pages:
        page.goto(path.as_uri())
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        heights = page.eval_on_selector_all("img", "all => all.map(one => one.clientHeight)")
        assert 0 < max(heights) <= HEIGHT, path
        assert page.eval_on_selector_all("body *:not(span, style)", CUT) == [], path
    page.close()


def test_figures_are_present_and_answers_are_collapsed(page: Page, pages: list[Path]) -> None:
    for path in pages:
        page.goto(path.as_uri())
        broken = "all => all.filter(one => !one.naturalWidth).length"
        assert page.eval_on_selector_all("img", broken) == 0, path
        folded = page.locator("details.held .output").count()
        assert (folded > 0) == (path.parent.name == "learner"), path
        if folded:
            assert not page.locator("details.held .output").first.is_visible()


def test_a_learners_course_grows_only_with_its_time(
    browser: Browser, pages: list[Path], tmp_path: Path
) -> None:
    source = next(path for path in pages if path.parts[-2:] == ("learner", "course.html"))
    copy = tmp_path / source.name
    copy.write_text(source.read_text("utf-8"), "utf-8")
    (pdf,) = handouts.print_page(browser, copy, ["a4"])
    minutes = sum(chapter.minutes for chapter in read_all())
    assert 0.2 < pdf.read_bytes().count(b"/MediaBox") / minutes <= 0.35


def test_pdfs_have_the_right_size_and_page_numbers_and_no_local_paths(
    browser: Browser, pages: list[Path], tmp_path: Path
) -> None:
    source = next(path for path in pages if path.name.startswith("08_"))
    copy = tmp_path / source.name
    copy.write_text(source.read_text("utf-8"), "utf-8")
    for pdf in handouts.print_page(browser, copy, list(SIZES)):
        content = pdf.read_bytes()
        paper = pdf.suffixes[0].removeprefix(".")
        boxes = re.findall(rb"/MediaBox \[0 0 (\S+) (\S+)\]", content)
        assert boxes
        for box in boxes:  # Chromium rounds to whole pixels
            assert [float(side) for side in box] == pytest.approx(SIZES[paper], abs=1)
        assert b"https://bottlepy.org" in content  # links are kept, so a local one would be found
        assert b"file://" not in content
        assert b"/Outlines" in content
