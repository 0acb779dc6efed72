"""The web edition, built from the committed chapters and opened in a browser, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from helpers.learning import exercises
from tools.publish import article, book, glossary, statements
from tools.publish.chapters import only_decides, read_all

PHONE: ViewportSize = {"width": 390, "height": 844}
# Text whose contrast with its background is below 3 (WCAG 2.1, the limit for large text).
FAINT = """() => {
    const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const paper = element => {
        for (let one = element; one; one = one.parentElement) {
            const colour = channels(getComputedStyle(one).backgroundColor);
            if (colour.length == 3 || colour[3] > 0.5) return light(colour);
        }
        return 1;
    };
    const texts = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
    const faint = [];
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.getClientRects().length) continue;
        if (getComputedStyle(element).visibility == 'hidden' || element.closest('.headerlink')) continue;
        const pair = [light(channels(getComputedStyle(element).color)), paper(element)].sort((a, b) => a - b);
        if ((pair[1] + 0.05) / (pair[0] + 0.05) < 3) faint.push(element.outerHTML.slice(0, 150));
    }
    return faint;
}"""

# Elements that extend beyond the right edge of the screen and would make the whole page scroll sideways.
CUT = """() => [...document.querySelectorAll('article *')].filter(element =>
    element.getBoundingClientRect().right > innerWidth + 1).filter(element => {
        for (let one = element.parentElement; one.tagName != 'ARTICLE'; one = one.parentElement)
            if (['auto', 'scroll'].includes(getComputedStyle(one).overflowX)) return false;
        return true;
    }).map(element => element.outerHTML.slice(0, 150))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return book.build(tmp_path_factory.mktemp("book")).parent


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Path]:
    return [page for page in sorted(site.rglob("*.html")) if "_static" not in page.parts]


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, color_scheme="dark")
    yield context.new_page()
    context.close()


def test_no_link_is_broken_and_nothing_is_loaded_from_elsewhere(page: Page, pages: list[Path]) -> None:
    anchors, links = {}, {}
    for path in pages:
        page.goto(path.as_uri())
        anchors[path.as_uri()] = set(page.eval_on_selector_all("[id]", "all => all.map(one => one.id)"))
        links[path.as_uri()] = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        loaded = "[src], link[rel=stylesheet]", "all => all.map(one => one.src || one.href)"
        assert [one for one in page.eval_on_selector_all(*loaded) if one.startswith("http")] == [], path
    broken = []
    for source, targets in links.items():
        for target in set(targets):
            place, anchor = urldefrag(target)
            if not place.startswith("file:"):
                assert place.startswith("https://"), (source, target)
                continue
            there = Path(unquote(place.removeprefix("file://"))).is_file()
            if not there or (anchor and unquote(anchor) not in anchors.get(place, {unquote(anchor)})):
                broken.append((source, target))
    assert broken == []
    assert sum(map(len, links.values())) > 1000


def test_no_figure_is_missing(page: Page, site: Path) -> None:
    for chapter in read_all():
        stored = sum(
            "image/png" in output.get("data", {})
            for cell in chapter.notebook.cells
            for output in cell.get("outputs", [])
        )
        page.goto((site / "notebooks" / f"{chapter.name}.html").as_uri())
        shown = page.eval_on_selector_all("article img", "all => all.map(one => one.naturalWidth)")
        assert len(shown) == stored
        assert all(width > 100 for width in shown), chapter.name


def test_code_that_only_decides_is_behind_show_the_code(page: Page, site: Path) -> None:
    for chapter in read_all():
        page.goto((site / "notebooks" / f"{chapter.name}.html").as_uri())
        folded = page.locator("article details.hide")
        assert folded.count() == sum(map(only_decides, chapter.notebook.cells)) > 0
        code = folded.first.locator(".highlight")
        assert not code.is_visible()
        folded.first.get_by_text("Show the code").click()
        assert ".claim(" in code.inner_text()
        verdicts = page.locator("article .cell_output").filter(has_text=re.compile(r"^\s*[✓≠–] "))
        assert verdicts.count() >= folded.count()


def test_every_page_is_readable_on_a_phone_in_dark_mode(phone: Page, pages: list[Path]) -> None:
    for path in pages:
        phone.goto(path.as_uri())
        if "article" in phone.content():
            assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
            assert phone.evaluate(CUT) == [], path
            assert phone.evaluate("getComputedStyle(document.body).colorScheme || 'dark'") != "light"
            assert phone.evaluate(FAINT) == [], path


def test_the_search_finds_a_chapter(page: Page, site: Path) -> None:
    page.goto((site / "search.html").as_uri() + "?q=macvlan")
    page.locator("#search-results li a").first.wait_for(timeout=20_000)
    found = page.locator("#search-results li a").all_inner_texts()
    assert "04 Put a container on the physical network" in found


def test_each_sentence_of_the_article_is_listed_with_its_verdict_and_claims(page: Page, site: Path) -> None:
    page.goto((site / "statements.html").as_uri())
    rows = page.eval_on_selector_all(
        "article tbody tr", "all => all.map(row => [...row.cells].map(cell => cell.innerText))"
    )
    decided = [one for chapter in read_all() for one in statements.read(chapter)]
    for row, sentence in zip(rows, article.read(), strict=True):
        assert row[1].endswith(sentence.verdict(decided))
        assert sentence.undecided or len(row[2].splitlines()) == len(sentence.claims), row
        assert sentence.undecided or re.search(r"\(Engine \d+\.\d+\.\d+", row[2])


def test_each_glossary_term_is_defined_once_and_linked(site: Path, pages: list[Path]) -> None:
    words = glossary.terms((site.parent / "source" / "glossary.md").read_text("utf-8"))
    assert len(words) == len({word.lower() for word in words}) > 30
    others = "".join(path.read_text("utf-8") for path in pages if path.name != "glossary.html")
    anchors = set(re.findall(r'href="[./]*glossary\.html#(term-[^"]+)"', others))
    explained = set(re.findall(r'<dt id="(term-[^"]+)"', (site / "glossary.html").read_text("utf-8")))
    assert len(explained) == len(words)
    assert explained - anchors == set()


def test_the_map_leads_to_every_chapter(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    article = page.locator("article").inner_text()
    for chapter in read_all():
        count = len(exercises.of_chapter(chapter.number))
        assert f"{chapter.title} ({chapter.minutes} minutes, {count} exercise" in article
