"""The handouts: an HTML file and two PDFs per chapter and for the whole course, in each edition."""

from __future__ import annotations

import base64
import html
import re
import string
from collections.abc import Callable, Sequence
from pathlib import Path

from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from playwright.sync_api import Browser, Page, PdfMargins
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from helpers.paths import BUILD
from helpers.steps import step
from tools.generations import results
from tools.publish import chromium, editions
from tools.publish.chapters import HYPERLINK, Chapter, read_all

DIRECTORY = BUILD / "handouts"
EDITIONS: dict[str, Callable[[Chapter], NotebookNode]] = {
    "learner": editions.learner,
    "instructor": editions.instructor,
}
PAPERS = {"a4": "A4", "letter": "Letter"}
COURSE = "course"
_TITLE = "Docker Networking by Experiment"
_TEMPLATES = Path(__file__).parent
_MARGINS: PdfMargins = {"top": "15mm", "bottom": "13mm", "left": "13mm", "right": "13mm"}
_LONG = 12  # rows or lines; a longer block may break across pages, between two of them
_PRINT_MS = 120_000
_RUNNING = "font: 7.5pt sans-serif; color: #555; width: 100%; margin: 0 13mm; display: flex"


def write(directory: Path = DIRECTORY, papers: Sequence[str] = tuple(PAPERS)) -> list[Path]:
    """Write all handouts to `directory` and return the files.

    Parameters
    ----------
    directory:
        Each edition gets a subdirectory in it.
    papers:
        Which of `PAPERS` to print on; if empty, only the HTML is written, without a browser.

    Raises
    ------
    LabError
        If PDFs are wanted and there is no browser to print them.
    """
    chapters = read_all()
    pages = [page for edition in EDITIONS for page in _write_pages(directory / edition, edition, chapters)]
    if not papers:
        return pages
    pdfs = []
    with (
        chromium.launched("Printing the handouts") as browser,
        step("Printing", about="2 min") as printing,
    ):
        for page in pages:
            printing.update(f"{page.parent.name}, {page.stem}")
            pdfs += print_page(browser, page, papers)
    return [*pages, *pdfs]


def _write_pages(directory: Path, edition: str, chapters: Sequence[Chapter]) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    subtitle = f"{edition}’s edition"
    bodies = {chapter.name: _body(chapter, EDITIONS[edition](chapter)) for chapter in chapters}
    pages = []
    for chapter in chapters:
        body = re.sub(r'href="#chapter-([^"]+)"', r'href="\1.html"', bodies[chapter.name])
        pages.append(_write_page(directory / f"{chapter.name}.html", f"{chapter.title} · {subtitle}", body))
    whole = _contents(chapters, subtitle) + "".join(bodies.values()) + _generations()
    return [*pages, _write_page(directory / f"{COURSE}.html", f"{_TITLE} · {subtitle}", whole)]


def _body(chapter: Chapter, notebook: NotebookNode) -> str:
    """Render an edition's cells as one HTML section; links to other chapters point to ``#chapter-…``."""
    for cell in notebook.cells:
        cell.id = f"{chapter.number}-{cell.id}"[:64]
    body, _ = _exporter().from_notebook_node(notebook)
    body = re.sub(r'(<h\d) id="', rf'\1 id="{chapter.number}-', body)
    body = HYPERLINK.sub(r'href="#chapter-\1"', body)
    # A handout is distributed without the project: links to its files become plain text.
    body = re.sub(r'<a href="\.\./[^"]*">(.*?)</a>', r"\1", body)
    body = re.sub(r"<(table|pre).*?</\1>", _breakable, body, flags=re.DOTALL)
    return f'<section class="chapter" id="chapter-{chapter.name}">{body}</section>\n'


def _breakable(block: re.Match[str]) -> str:
    """Let a long table or cell break across pages; the table's header row is repeated on each."""
    text, kind = block.group(), block.group(1)
    if text.count("<tr" if kind == "table" else "\n") <= _LONG:
        return text
    text = text.replace(f"<{kind}", f"<{kind} data-long", 1)
    if kind == "pre" or "<thead" in text:
        return text
    return re.sub(r"(<tr>.*?</tr>)", r"<thead>\1</thead>", text, count=1, flags=re.DOTALL)


def _exporter() -> HTMLExporter:
    return HTMLExporter(
        config=Config(HighlightMagicsPreprocessor={"languages": {"%%on": "bash"}}),
        template_name="handout",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )


def _contents(chapters: Sequence[Chapter], subtitle: str) -> str:
    rows = "".join(
        f'<tr><td><a href="#chapter-{chapter.name}">{html.escape(chapter.title)}</a></td>'
        f"<td>{chapter.minutes} min</td></tr>"
        for chapter in chapters
    )
    return f'<section class="contents"><h1>{_TITLE}</h1><p>{subtitle}</p><table>{rows}</table></section>\n'


def _generations() -> str:
    """The last section of the whole course: what depends on the generation of the learner's own Engine."""
    picture = base64.b64encode(results.DATA.with_suffix(".png").read_bytes()).decode()
    page = results.page(results.read(), f"data:image/png;base64,{picture}", only_changes=True)
    body = re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(page))
    return f'<section class="chapter" id="generations">{body}</section>\n'


def _write_page(path: Path, title: str, body: str) -> Path:
    template = string.Template((_TEMPLATES / "handout" / "page.html").read_text("utf-8"))
    style = (_TEMPLATES / "handout" / "handout.css").read_text("utf-8")
    style += HtmlFormatter().get_style_defs(".highlight")
    path.write_text(template.substitute(title=html.escape(title), style=style, body=body), "utf-8")
    return path


def print_page(browser: Browser, source: Path, papers: Sequence[str]) -> list[Path]:
    """Print the HTML file `source` on each of the `papers`; return the PDFs, written next to it.

    Links to other files are removed: they lead nowhere from paper or from a PDF that is passed on.
    """
    page = browser.new_page()
    page.set_default_timeout(_PRINT_MS)
    try:
        page.set_content(source.read_text("utf-8"), wait_until="load")
        page.eval_on_selector_all(
            "a[href]:not([href^='#']):not([href^='http'])",
            "links => links.forEach(link => link.removeAttribute('href'))",
        )
        return [_print_on(page, source.with_suffix(f".{paper}.pdf"), PAPERS[paper]) for paper in papers]
    finally:
        page.close()


def _print_on(page: Page, target: Path, paper: str) -> Path:
    title, _, edition = page.title().rpartition(" · ")
    page.pdf(
        path=target,
        format=paper,
        margin=_MARGINS,
        display_header_footer=True,
        header_template=f'<div style="{_RUNNING}"><span>{html.escape(title)}</span>'
        f'<span style="margin-left: auto">{html.escape(edition)}</span></div>',
        footer_template=f'<div style="{_RUNNING}; justify-content: center"><span><span class="pageNumber">'
        '</span> / <span class="totalPages"></span></span></div>',
        outline=True,
        tagged=True,
        print_background=True,
    )
    return target
