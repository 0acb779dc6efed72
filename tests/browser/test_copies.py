"""A learner's copies through a day of learning: closed and opened again, pulled, updated."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from helpers import programs
from helpers.engine import Engine
from helpers.paths import NAME, PROJECT
from tests.browser.conftest import SCREENSHOTS, jupyterlab
from tests.browser.support import PATIENCE, SECOND, opened, to

pytestmark = [pytest.mark.usefixtures("photograph"), pytest.mark.timeout(900)]

CHAPTER = "01_default_bridge.ipynb"
KEPT = f"yours-{CHAPTER}"
MINE = "print('tried ' + 'by me')"
PUBLISHED = "A sentence that was added later."
_NOT_TRACKED = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "build")


class Clone:
    """A learner's clone of the course, and the repository that it was cloned from."""

    def __init__(self, directory: Path) -> None:
        self.origin, self.path, self.state = (directory / name for name in ("origin", "clone", "state"))
        shutil.copytree(PROJECT, self.origin, ignore=_NOT_TRACKED)
        self.git(self.origin, "init")
        self._commit()
        self.git(directory, "clone", str(self.origin), str(self.path))

    def git(self, repository: Path, *arguments: str) -> str:
        who = ("-c", "user.name=A Maintainer", "-c", "user.email=maintainer@example.org")
        return programs.run(["git", *who, *arguments], timeout_s=60, cwd=repository).stdout

    def publish(self) -> None:
        """Change the chapter in the repository, and pull the change into the clone."""
        chapter = self.origin / "notebooks" / CHAPTER
        notebook = json.loads(chapter.read_text())
        notebook["cells"][0]["source"] += ["\n\n", PUBLISHED]
        chapter.write_text(json.dumps(notebook))
        self._commit()
        self.git(self.path, "pull", "--ff-only")

    def _commit(self) -> None:
        self.git(self.origin, "add", "--all")
        self.git(self.origin, "commit", "--quiet", "--message=The course")

    @contextmanager
    def lab(self, *options: str) -> Iterator[tuple[str, str]]:
        """Run `lab`; yield its address and what it said. Afterwards the clone has no change."""
        command = [sys.executable, "-m", "helpers", "lab", "--no-browser", *options]
        with jupyterlab(command, state=self.state, directory=self.path) as started:
            yield started
        assert self.git(self.path, "status", "--porcelain") == ""


@pytest.fixture
def clone(engine: Engine, tmp_path: Path) -> Clone:
    del engine  # only so that it is running before `lab` needs it
    return Clone(tmp_path)


def test_what_a_learner_wrote_is_found_again(page: Page, clone: Clone) -> None:
    with clone.lab() as (address, said):
        assert f"copies of the chapters are in {clone.state}/{NAME}/notebooks\n" in said
        notebook = visit(page, address, CHAPTER)
        assert outputs_from_top_to_bottom(page, notebook) == 0
        page.screenshot(path=SCREENSHOTS / "copy_before_the_run.png")
        write(page, notebook)

    with clone.lab() as (address, said):
        assert "changed" not in said
        assert_mine(visit(page, address, CHAPTER))

    clone.publish()
    with clone.lab() as (address, said):
        (line,) = (line for line in said.splitlines() if "has changed" in line)
        assert line.startswith("01 ")
        assert "lab --update" in line
        notebook = visit(page, address, CHAPTER)
        expect(notebook).not_to_contain_text(PUBLISHED)
        assert_mine(notebook)

    with clone.lab("--update") as (address, said):
        assert f"{CHAPTER} is a new copy; yours is beside it: {KEPT}\n" in said
        notebook = visit(page, address, CHAPTER)
        expect(notebook).to_contain_text(PUBLISHED)
        assert outputs_from_top_to_bottom(page, notebook) == 0
        kept = visit(page, address, KEPT)
        expect(kept).not_to_contain_text(PUBLISHED)
        assert_mine(kept)


def visit(page: Page, address: str, name: str) -> Locator:
    page.goto(to(address, name))
    return opened(page, name)


def write(page: Page, notebook: Locator) -> None:
    """Replace the first cell of code, run it, and wait until JupyterLab has saved both."""
    cell = notebook.locator(".jp-CodeCell").first
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(MINE)
    page.keyboard.press("Shift+Enter")
    expect(cell.locator(".jp-OutputArea-output")).to_have_text("tried by me\n", timeout=PATIENCE)
    page.keyboard.press("Control+S")
    expect(page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0, timeout=PATIENCE)


def assert_mine(notebook: Locator) -> None:
    cell = notebook.locator(".jp-CodeCell").first
    expect(cell).to_contain_text(MINE, timeout=PATIENCE)
    expect(cell.locator(".jp-OutputArea-output")).to_have_text("tried by me\n")


def outputs_from_top_to_bottom(page: Page, notebook: Locator) -> int:
    """The most outputs seen at once while the notebook is scrolled: only what is visible is rendered."""
    scrolled = notebook.locator(".jp-WindowedPanel-outer")
    most = cells = 0
    for position in range(0, int(scrolled.evaluate("element => element.scrollHeight")), 600):
        scrolled.evaluate(f"element => element.scrollTo(0, {position})")
        page.wait_for_timeout(SECOND // 4)
        most = max(most, notebook.locator(".jp-OutputArea-output").count())
        cells = max(cells, notebook.locator(".jp-CodeCell").count())
    assert cells, "no cell was rendered"
    scrolled.evaluate("element => element.scrollTo(0, 0)")
    return most
