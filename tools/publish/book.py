"""The web edition: docs/, the chapters with their stored outputs, and generated pages."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from pkgutil import walk_packages

import nbformat
from nbformat import NotebookNode

import helpers
from helpers import programs
from helpers.learning import exercises
from helpers.learning.claims import ROWS
from helpers.paths import BUILD, PROJECT
from helpers.steps import step
from tools.publish import article, glossary
from tools.publish.chapters import HYPERLINK, Chapter, only_decides, read_all

DIRECTORY = BUILD / "book"
PACKAGES = ("lab", "probes", "figures", "learning", "plugin", "engine")
_DOCS = PROJECT / "docs"
_PLUGIN = Path("helpers") / "plugin" / "wire"  # chapter 08 links to its files
_SPHINX_TIMEOUT_S = 900


def build(directory: Path = DIRECTORY) -> Path:
    """Build the site in `directory` and return its first page.

    Raises
    ------
    LabError
        If Sphinx reports anything: a broken link, a term that is defined twice, a malformed docstring.
    """
    source, site = directory / "source", directory / "html"
    for old in (source, site):
        shutil.rmtree(old, ignore_errors=True)
    _write_source(source, read_all())
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    command += ["--builder", "html", "--doctree-dir", str(directory / "doctrees"), str(source), str(site)]
    with step("Building the web edition with Sphinx", about="1 min"):
        programs.run(
            command,
            timeout_s=_SPHINX_TIMEOUT_S,
            tried="Building the web edition with Sphinx",
            next_step="Fix what it reports in docs/, notebooks/ or a docstring, then repeat.",
            cwd=PROJECT,
        )
    return site / "index.html"


def _write_source(source: Path, chapters: Sequence[Chapter]) -> None:
    shutil.copytree(_DOCS, source)
    shutil.copytree(PROJECT / _PLUGIN, source / _PLUGIN, ignore=shutil.ignore_patterns("__pycache__"))
    words = glossary.terms((_DOCS / "glossary.md").read_text("utf-8"))
    (source / "notebooks").mkdir()
    for chapter in chapters:
        glossary.link(chapter.notebook, words)
        nbformat.write(_for_the_web(deepcopy(chapter.notebook)), source / "notebooks" / chapter.path.name)
    (source / "course_map.md").write_text(_course_map(chapters), "utf-8")
    (source / "statements.md").write_text(article.page(chapters), "utf-8")
    (source / "api").mkdir()
    for name, page in _api_pages():
        (source / "api" / f"{name}.md").write_text(page, "utf-8")


def _for_the_web(notebook: NotebookNode) -> NotebookNode:
    for cell in notebook.cells:
        if only_decides(cell):
            cell.metadata.tags = ["hide-input"]  # MyST-NB's own mark
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(ROWS, None)  # for programs; Sphinx would warn of a type that it does not know
            if "text/html" in data:
                data["text/html"] = HYPERLINK.sub(r'href="\1.html"', data["text/html"])
    return notebook


def _course_map(chapters: Sequence[Chapter]) -> str:
    hyperlinks = {
        chapter.path.name: f"[{chapter.number}](notebooks/{chapter.path.name})" for chapter in chapters
    }
    stops = []
    for chapter in chapters:
        needed = [one for name, one in hyperlinks.items() if f"({name})" in chapter.promise("need")]
        count = len(exercises.of_chapter(chapter.number))
        facts = [f"{chapter.minutes} minutes", f"{count} exercise{'s' * (count != 1)}"]
        facts += [f"after {' and '.join(needed)}"] if needed else []
        title = f"**[{chapter.title}](notebooks/{chapter.path.name})** ({', '.join(facts)})"
        stops.append(f"{title}\n: {chapter.promise('learn')}\n")
    return "\n".join(stops)


def _api_pages() -> Iterable[tuple[str, str]]:
    """Yield name and text of each page of the reference: one per package, and one that lists them."""
    contents = "\n".join(PACKAGES)
    yield (
        "index",
        "# Reference of the helpers\n\n"
        "What the notebooks import, documented by its docstrings: a {term}`lab` of machines, every"
        " {term}`probe` that measures something on it, figures, verdicts.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{contents}\n```\n",
    )
    for package in PACKAGES:
        directory = Path(helpers.__file__).parent / package
        modules = sorted(info.name for info in walk_packages([str(directory)], f"helpers.{package}."))
        parts = [f"# helpers.{package}", _automodule(f"helpers.{package}")]
        for module in modules:
            if not module.startswith("helpers.plugin.wire"):  # it runs on a machine, not here
                parts += [f"## {module}", _automodule(module)]
        yield package, "\n\n".join(parts) + "\n"


def _automodule(module: str) -> str:
    return f"```{{eval-rst}}\n.. automodule:: {module}\n```"
