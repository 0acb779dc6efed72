"""A learner's copies of the chapters: made without outputs, never overwritten, found again."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers import copies, paths
from helpers.errors import LabError
from helpers.file_lock import exclusive
from helpers.paths import PROJECT, copies_dir, run_dir

NAMES = ("01_default_bridge", "02_user_defined_bridge", "03_host_network")
SECOND = f"{NAMES[1]}.ipynb"
KEPT = f"yours-{NAMES[1]}.ipynb"
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


class Course:
    """A course of three chapters, as in a clone of it, and the learner's copies."""

    def __init__(self, project: Path) -> None:
        self.project = project
        (project / "notebooks").mkdir()
        for name in NAMES:
            self.publish(name, "print('as published')")
        (project / "driver.py").write_text("as published\n")

    def publish(self, name: str, source: str, text: str = "[driver](../driver.py)") -> None:
        """Store a chapter with the output of a run."""
        cell = new_code_cell(source, execution_count=1, metadata={"tags": ["kept"]})
        cell.outputs = [new_output("stream", text="the answer\n")]
        nbformat.write(
            new_notebook(cells=[new_markdown_cell(f"# {name}\n\n{text}"), cell]), self.chapter(name)
        )

    def chapter(self, name: str = NAMES[1]) -> Path:
        return self.project / "notebooks" / f"{name}.ipynb"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    project = tmp_path / "project"
    project.mkdir()
    made = Course(project)
    monkeypatch.setattr(copies, "PROJECT", project)
    monkeypatch.setattr(copies, "chapter_files", lambda: paths.chapter_files(project / "notebooks"))
    return made


Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What was said since it was last asked, except where the copies are."""

    def lines() -> str:
        first, _, rest = capsys.readouterr().err.partition("\n")
        assert first == f"Your copies of the chapters are in {copies_dir()}"
        return rest

    return lines


def mine(name: str = SECOND) -> Any:
    return json.loads((copies_dir() / name).read_text("utf-8"))


def edit(source: str = "print('mine')", name: str = SECOND) -> bytes:
    """Change the code of a copy and run it, as a learner would; return the file's content."""
    notebook = mine(name)
    cell = notebook["cells"][1]
    cell["source"] = [source]
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["mine\n"]}]
    (copies_dir() / name).write_text(json.dumps(notebook))
    return (copies_dir() / name).read_bytes()


def forget_origin() -> bytes:
    notebook = mine()
    notebook["metadata"] = {}
    (copies_dir() / SECOND).write_text(json.dumps(notebook))
    return (copies_dir() / SECOND).read_bytes()


def code(name: str = SECOND) -> str:
    return "".join(mine(name)["cells"][1]["source"])


def listed() -> set[str]:
    return {path.name for path in copies_dir().iterdir()} - {"sources"}


ALL = {f"{name}.ipynb" for name in NAMES}


# ---- made once


def test_a_copy_has_the_cells_of_its_chapter_and_no_output(course: Course, said: Said) -> None:
    copies.prepare()
    assert said() == ""
    assert listed() == ALL
    for name in ALL:
        copy = nbformat.read(copies_dir() / name, as_version=4)
        nbformat.validate(copy)
        cell = copy.cells[1]
        assert cell.source == "print('as published')"
        assert cell.metadata == {"tags": ["kept"]}
        assert (cell.outputs, cell.execution_count) == ([], None)
    assert "the answer" in course.chapter().read_text()


def test_what_a_learner_wrote_ran_and_added_stays(course: Course, said: Said) -> None:
    copies.prepare()
    before = edit()
    (copies_dir() / "notes.ipynb").write_text("mine")
    (copies_dir() / "01_notes.ipynb").write_text("{}")
    said()
    copies.prepare(update=True)
    assert (copies_dir() / SECOND).read_bytes() == before
    assert (copies_dir() / "notes.ipynb").read_text() == "mine"
    assert said() == ""


@pytest.mark.parametrize("renamed", [False, True])
def test_a_copy_that_was_deleted_or_renamed_is_made_again(renamed: bool, course: Course, said: Said) -> None:
    copies.prepare()
    edit()
    if renamed:
        (copies_dir() / SECOND).rename(copies_dir() / "02_tried.ipynb")
    else:
        (copies_dir() / SECOND).unlink()
    said()
    copies.prepare()
    assert said() == ""
    assert code() == "print('as published')"
    assert not renamed or code("02_tried.ipynb") == "print('mine')"


def test_two_at_once_do_not_meet(course: Course) -> None:
    copies_dir()
    with exclusive(run_dir() / "copies.lock", "the test"):
        waiting = threading.Thread(target=copies.prepare)
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive()
        assert listed() == set()
    waiting.join(60)
    assert listed() == ALL


# ---- a chapter changes


def test_new_outputs_are_no_change(course: Course, said: Said) -> None:
    copies.prepare()
    stored = course.chapter().read_text()
    course.chapter().write_text(stored.replace("the answer", "another"))
    said()
    copies.prepare()
    assert said() == ""


def test_a_change_is_announced_until_the_learner_asks_for_it(course: Course, said: Said) -> None:
    copies.prepare()
    before = edit()
    course.publish(NAMES[1], "print('newer')")
    said()
    for _ in range(2):
        copies.prepare()
        (line,) = said().splitlines()
        assert line.startswith("02 has changed")
        assert "lab --update" in line
        assert (copies_dir() / SECOND).read_bytes() == before

    copies.prepare(update=True)
    assert said() == f"{SECOND} is a new copy; yours is beside it: {KEPT}\n"
    assert code() == "print('newer')"  # under the name that links and the course map use
    assert mine()["cells"][1]["outputs"] == []
    assert (copies_dir() / KEPT).read_bytes() == before
    assert listed() == {*ALL, KEPT}

    copies.prepare(update=True)
    assert said() == ""
    edit()
    course.publish(NAMES[1], "print('newest')")
    copies.prepare(update=True)
    assert said().endswith(f"yours-{NAMES[1]}-2.ipynb\n")
    assert (copies_dir() / KEPT).read_bytes() == before


def test_a_copy_that_nobody_touched_is_replaced(course: Course, said: Said) -> None:
    copies.prepare()
    course.publish(NAMES[1], "print('newer')")
    copies.prepare(update=True)
    assert "neither changed nor run" in said()
    assert code() == "print('newer')"
    assert listed() == ALL


def test_a_copy_that_was_only_run_is_kept(course: Course) -> None:
    copies.prepare()
    edit("print('as published')")
    course.publish(NAMES[1], "print('newer')")
    copies.prepare(update=True)
    assert mine(KEPT)["cells"][1]["outputs"]


def test_an_edit_that_makes_the_copy_equal_to_the_new_version_is_not_announced(
    course: Course, said: Said
) -> None:
    copies.prepare()
    edit("print('newer')")
    course.publish(NAMES[1], "print('newer')")
    said()
    copies.prepare()
    assert said() == ""


def test_reset_makes_a_new_copy_of_a_chapter_that_has_not_changed(course: Course, said: Said) -> None:
    copies.prepare()
    before = edit()
    said()
    copies.prepare(reset=[course.chapter()])
    assert said() == f"{SECOND} is a new copy; yours is beside it: {KEPT}\n"
    assert code() == "print('as published')"
    assert (copies_dir() / KEPT).read_bytes() == before
    assert listed() == {*ALL, KEPT}


def test_a_chapter_that_was_renamed_upstream_is_named(course: Course, said: Said) -> None:
    copies.prepare()
    before = edit()
    course.chapter().rename(course.chapter("02_own_bridge"))
    said()
    copies.prepare(update=True)
    assert said() == f"{SECOND} is no longer a chapter of the course; your copy stays\n"
    assert listed() == {*ALL, "02_own_bridge.ipynb"}
    assert (copies_dir() / SECOND).read_bytes() == before


def test_a_file_that_a_chapter_links_to_is_there_to_be_read(course: Course, said: Said) -> None:
    copies.prepare()
    (link,) = LINK.findall("".join(mine()["cells"][0]["source"]))
    linked = copies_dir() / link
    assert linked.read_text() == "as published\n"
    assert not linked.stat().st_mode & 0o222
    (course.project / "driver.py").write_text("newer\n")
    said()
    copies.prepare()
    assert said() == f"{linked} is a new copy; the one that was there is beside it: yours-driver.py\n"
    assert linked.read_text() == "newer\n"
    assert linked.with_name("yours-driver.py").read_text() == "as published\n"


# ---- what may be wrong


def test_a_copy_that_does_not_tell_its_origin_is_the_learners(course: Course, said: Said) -> None:
    copies.prepare()
    edit()
    before = forget_origin()
    course.publish(NAMES[1], "print('newer')")
    said()
    copies.prepare()
    assert said() == ""
    copies.prepare(update=True)
    (line,) = said().splitlines()
    assert "lab --reset 02" in line
    assert (copies_dir() / SECOND).read_bytes() == before
    copies.prepare(reset=[course.chapter()])
    assert (copies_dir() / KEPT).read_bytes() == before


def test_a_copy_that_equals_its_chapter_needs_no_origin(course: Course, said: Said) -> None:
    copies.prepare()
    forget_origin()
    said()
    copies.prepare(update=True)
    assert said() == ""


DAMAGED = [b"", b"{", b"[]", b"{}", b"[" * 100_000, b"\xff\xfe", b'{"cells": [{"cell_type": "code"}]}']


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[:20]))
def test_a_damaged_copy_is_announced_and_kept(content: bytes, course: Course, said: Said) -> None:
    copies.prepare()
    (copies_dir() / SECOND).write_bytes(content)
    said()
    for update in False, True:
        copies.prepare(update=update)
        (line,) = said().splitlines()
        assert line.startswith(f"{SECOND} is damaged: `python3 -m helpers lab --reset 02`")
        assert (copies_dir() / SECOND).read_bytes() == content
    copies.prepare(reset=[course.chapter()])
    assert (copies_dir() / KEPT).read_bytes() == content
    assert code() == "print('as published')"


def to_a_notebook(path: Path, elsewhere: Path) -> None:
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def to_nothing(path: Path, elsewhere: Path) -> None:
    path.unlink()
    path.symlink_to(elsewhere)


def directory(path: Path, elsewhere: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [to_a_notebook, to_nothing, directory])
def test_a_link_or_a_directory_in_place_of_a_copy_is_kept(
    change: Callable[[Path, Path], None], course: Course, tmp_path: Path
) -> None:
    copies.prepare()
    path, elsewhere = copies_dir() / SECOND, tmp_path / "elsewhere.ipynb"
    change(path, elsewhere)
    before = elsewhere.read_bytes() if elsewhere.exists() else None
    copies.prepare()
    assert path.is_symlink() or path.is_dir()
    copies.prepare(reset=[course.chapter()])
    kept = path.with_name(KEPT)
    assert kept.is_symlink() or kept.is_dir()
    assert not path.is_symlink()
    assert code() == "print('as published')"
    assert (elsewhere.read_bytes() if elsewhere.exists() else None) == before


def test_a_chapter_that_is_damaged_is_one_message(course: Course) -> None:
    course.chapter().write_text("<<<<<<< HEAD")
    with pytest.raises(LabError, match=f"git checkout notebooks/{SECOND}"):
        copies.prepare()


FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"


def test_a_full_disk_is_one_message_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    copies.prepare()
    path = copies_dir() / "02_user_defined_bridge.ipynb"
    path.write_text("mine")
    again = "from helpers import copies, paths\ncopies.prepare(reset=paths.chapter_files())"
    # A limit on the size of files makes writing fail as a full disk does: in the middle.
    done = subprocess.run(
        [sys.executable, "-c", f"{FULL}\n{again}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 2000
    assert (
        f"LabError: Copying the chapters into {copies_dir()}\n  seen: [Errno 27] File too large"
        in done.stderr
    )
    assert "XDG_STATE_HOME" in done.stderr
    assert path.read_text() == "mine"
    assert listed() == {chapter.name for chapter in paths.chapter_files()}


def test_the_directory_may_not_be_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (paths.state_dir() / "notebooks").symlink_to(tmp_path)
    with pytest.raises(LabError, match="symbolic link"):
        copies_dir()
