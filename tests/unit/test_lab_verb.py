"""The verb `lab`, and what the course's own chapters find where a learner's copies are."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import copies, notebooks, paths
from helpers.commands import engines, lab
from helpers.errors import LabError
from helpers.learning import course_map
from helpers.page import server
from helpers.paths import NOTEBOOKS, PROJECT, copies_dir
from helpers.setup import environment

SECOND = "02_user_defined_bridge.ipynb"
KEPT = f"yours-{SECOND}"
LINK = re.compile(r"\]\(([^):#]+)[#)]")  # to a file


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    environment.isolate()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    copies.prepare()
    return copies_dir()


def test_every_link_of_a_copy_leads_somewhere_inside(own: Path) -> None:
    for chapter in notebooks.find([]):
        copy = nbformat.read(own / chapter.name, as_version=4)
        text = "\n".join(cell.source for cell in copy.cells if cell.cell_type == "markdown")
        links = [(own / link).resolve() for link in LINK.findall(text)]
        assert links
        assert [link for link in links if not (link.is_relative_to(own) and link.is_file())] == []


def test_the_course_map_leads_to_the_copies(own: Path) -> None:
    hrefs = re.findall(r'href="([^"]+)"', course_map()._repr_html_())
    assert len(hrefs) == len(paths.chapter_files())
    assert [href for href in hrefs if not (own / href).is_file()] == []


def test_a_kernel_and_a_terminal_find_the_helpers_there(own: Path) -> None:
    cells = ["%load_ext helpers.learning", "import helpers.lab\nprint(helpers.__file__)"]
    path = own / "notes.ipynb"
    nbformat.write(new_notebook(cells=list(map(new_code_cell, cells))), path)
    assert notebooks.execute(path).cells[1].outputs[0].text == f"{PROJECT}/helpers/__init__.py\n"
    progress = [sys.executable, "-m", "helpers", "progress"]
    done = subprocess.run(progress, cwd=own, capture_output=True, text=True, timeout=60, check=True)
    assert "02 " in done.stdout


def test_a_chapter_is_run_from_the_course_and_not_from_the_copies(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own)
    assert notebooks.find(["02"]) == [NOTEBOOKS / SECOND]
    (own / SECOND).write_text("{")
    with pytest.raises(LabError, match="--reset"):
        notebooks.read(own / SECOND)


# ---- the verb


@pytest.fixture
def started(own: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments with which JupyterLab would have been started, had there been an Engine."""
    seen: list[str] = []
    monkeypatch.setattr(engines, "prepare", lambda: None)
    monkeypatch.setattr(server, "decline_news", lambda: None)
    monkeypatch.setattr(server, "serve", seen.extend)
    return seen


def test_our_options_do_not_reach_jupyterlab(own: Path, started: list[str]) -> None:
    shutil.rmtree(own)
    (copies_dir() / SECOND).write_text("mine")
    lab.command(["--no-browser", "--reset", "02_user_defined_bridge", "01", "--update"])
    assert started == ["--no-browser"]
    assert (own / KEPT).read_text() == "mine"


def test_a_copy_can_be_named_by_its_path(
    own: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own)
    (own / SECOND).write_text("mine")
    lab.command(["--reset", SECOND])
    assert (own / KEPT).read_text() == "mine"


def test_edit_opens_the_chapters_themselves(own: Path, started: list[str]) -> None:
    shutil.rmtree(own)
    lab.command(["--edit", "--port=9999"])
    assert started == [f"--ServerApp.root_dir={NOTEBOOKS}", "--port=9999"]
    assert not own.exists()


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (["--reset", "99"], "02_user_defined_bridge"),
        (["--reset", KEPT], "02_user_defined_bridge"),
        (["--edit", "--update"], "copies"),
        (["--edit", "--reset", "02"], "copies"),
        (["--updaet"], "lab --help`"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], seen: str, own: Path, started: list[str]
) -> None:
    with pytest.raises(LabError, match=seen):
        lab.command(arguments)
    assert started == []
