from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers import notebooks
from helpers.commands import engines, run
from helpers.errors import LabError
from helpers.paths import PROJECT, run_dir
from helpers.setup import environment
from tools.commands import regenerate


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in ("01_default_bridge", "00_start_here", "notes", "02_user_defined_bridge"):
        (tmp_path / f"{name}.ipynb").touch()
    return tmp_path


@pytest.fixture(autouse=True)
def _isolated() -> None:
    environment.isolate()


def store(path: Path, *sources: str) -> Path:
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), *map(new_code_cell, sources)])
    nbformat.write(notebook, path)
    return path


def test_all_chapters_are_found_in_order(directory: Path) -> None:
    found = [path.stem for path in notebooks.find([], directory)]
    assert found == ["00_start_here", "01_default_bridge", "02_user_defined_bridge"]


def test_a_chapter_is_found_by_number_name_and_path(directory: Path) -> None:
    path = str(directory / "notes.ipynb")
    found = notebooks.find(["02", "01_default_bridge", "00_start_here.ipynb", path], directory)
    stems = "02_user_defined_bridge 01_default_bridge 00_start_here notes".split()
    assert [one.stem for one in found] == stems


def test_an_unknown_chapter_lists_the_existing_ones(directory: Path) -> None:
    with pytest.raises(LabError, match="00_start_here, 01_default_bridge, 02_user_defined_bridge"):
        notebooks.find(["09"], directory)


def test_a_kernels_keys_are_where_clean_finds_them_and_are_deleted_with_it(tmp_path: Path) -> None:
    path = store(tmp_path / "01_x.ipynb", "import ipykernel\nprint(ipykernel.get_connection_file())")
    (output,) = notebooks.execute(path).cells[1].outputs
    keys = Path(output.text.strip())
    assert keys.is_relative_to(run_dir())
    assert not keys.exists()


def test_executing_does_not_change_the_stored_notebook(tmp_path: Path) -> None:
    path = store(tmp_path / "01_x.ipynb", "import os\nprint(os.getcwd())")
    before = path.read_bytes()
    executed = notebooks.execute(path)
    assert path.read_bytes() == before
    assert executed.cells[1].outputs[0].text == f"{tmp_path}\n"


def test_a_failing_cell_is_shown_with_its_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = store(tmp_path / "01_x.ipynb", "fine = 1", "fine / 0", "never_reached()")
    with pytest.raises(notebooks.ChapterFailed) as caught:
        notebooks.execute(path)
    message = str(caught.value)
    assert "01_x failed in this cell" in message
    assert "\nfine / 0\n" in message
    assert "ZeroDivisionError" in message
    assert "\x1b[" not in message
    assert "✗ 01_x (" in capsys.readouterr().err


def test_a_chapter_that_the_engine_lacks_something_for_is_missed_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising = "from helpers.engine import CannotRunHere\nraise CannotRunHere('tried', 'ip_vs: none', 'next')"
    lacking, good = store(tmp_path / "07_x.ipynb", raising), store(tmp_path / "01_x.ipynb", "1")
    with pytest.raises(notebooks.ChapterMissed, match="ip_vs: none"):
        notebooks.execute(lacking)
    monkeypatch.setattr(engines, "prepare", lambda _: None)
    assert run.command([str(lacking), str(good)]) == 0
    said = capsys.readouterr().err
    assert "Missed: 07_x: tried" in said
    assert said.splitlines()[-1] == "1 passed, 0 failed, 1 missed"


def test_a_hanging_cell_fails_within_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "CELL_TIMEOUT_S", 2)
    path = store(tmp_path / "01_x.ipynb", "import time\ntime.sleep(600)")
    with pytest.raises(notebooks.ChapterFailed, match="still running after 2 s"):
        notebooks.execute(path)


def test_a_kernel_that_dies_is_a_failure(tmp_path: Path) -> None:
    path = store(tmp_path / "01_x.ipynb", "import os\nos._exit(1)")
    with pytest.raises(notebooks.ChapterFailed, match="kernel died"):
        notebooks.execute(path)


def test_two_regenerations_are_identical_byte_for_byte(tmp_path: Path) -> None:
    source = (
        "import sys, time\n"
        "from helpers.steps import step\n"
        "with step('silent here'):\n    time.sleep(1.2)\n"
        "for word in 'one', 'two':\n    print(word, flush=True)\n    time.sleep(0.3)\n"
        "print('50 %\\r100 %')\n"
        "6 * 7"
    )
    path = store(tmp_path / "01_x.ipynb", source, "")
    written = []
    for _ in range(2):
        regenerate.write(regenerate.normalize(notebooks.execute(path)), path)
        written.append(path.read_text())
    assert written[0] == written[1]
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    stream, result = notebook.cells[1].outputs
    assert stream.text == "one\ntwo\n100 %\n"
    assert result.execution_count == notebook.cells[1].execution_count == 1
    assert notebook.metadata.kernelspec.display_name == "Python 3"
    assert "version" not in notebook.metadata.language_info
    assert list(tmp_path.iterdir()) == [path]


def test_normalizing_keeps_tags_and_drops_timings() -> None:
    cell = new_code_cell(
        "1", metadata={"tags": ["raises-exception"], "execution": {"iopub.status.busy": "now"}}
    )
    cell.outputs = [
        new_output("stream", name="stdout", text="a"),
        new_output("stream", name="stdout", text="b\n"),
        new_output("stream", name="stderr", text="c\n"),
        new_output("stream", name="stdout", text="d\n"),
    ]
    cell.execution_count = 17
    normalized = regenerate.normalize(new_notebook(cells=[cell])).cells[0]
    assert normalized.metadata == {"tags": ["raises-exception"]}
    assert normalized.execution_count == 1
    assert [output.text for output in normalized.outputs] == ["ab\n", "c\n", "d\n"]


LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.mark.parametrize("page", [*PROJECT.glob("*.md"), *notebooks.find([])], ids=lambda page: page.stem)
def test_no_link_is_broken(page: Path) -> None:
    text = page.read_text()
    if page.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_a_mistake_in_a_probe_shows_its_own_traceback(tmp_path: Path) -> None:
    broken = (
        "from types import SimpleNamespace\n"
        "from helpers import probes\n"
        "def run(*_, **__):\n"
        "    return {}['a mistake of ours']\n"
        "probes.inside.run = run\n"
        "probes.ping(SimpleNamespace(name='host'), None, '192.168.99.101')"
    )
    with pytest.raises(notebooks.ChapterFailed) as caught:
        notebooks.execute(store(tmp_path / "01_x.ipynb", broken))
    report = str(caught.value)
    assert "KeyError: 'a mistake of ours'" in report
    assert "icmp.py" in report
    assert "in ping(" in report
    assert "in run(" in report
    assert "Run the cell again" not in report


FAILING = (
    "from helpers.errors import LabError\n"
    "def cause():\n"
    "    return {}['beneath it']\n"
    "try:\n"
    "    cause()\n"
    "except KeyError as error:\n"
    "    raise LabError('Trying', 'a wall', 'Walk around it.') from error"
)


def test_an_error_for_a_learner_is_its_message_alone(tmp_path: Path) -> None:
    with pytest.raises(notebooks.ChapterFailed) as caught:
        notebooks.execute(store(tmp_path / "01_x.ipynb", FAILING))
    assert str(caught.value).endswith("\n\nLabError: Trying\n  seen: a wall\n  next: Walk around it.")
    assert "Traceback" not in str(caught.value)
    assert "KeyError: " not in str(caught.value)


def test_with_lab_debug_it_shows_its_traceback_and_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DEBUG", "1")
    with pytest.raises(notebooks.ChapterFailed) as caught:
        notebooks.execute(store(tmp_path / "01_x.ipynb", FAILING))
    shown = str(caught.value).rpartition("─\n")[2]
    assert "KeyError: 'beneath it'" in shown
    assert "in cause" in shown
    assert "direct cause" in shown
    assert "next: Walk around it." in shown


RUNNING = "from helpers import programs\nprograms.run(['echo', 'a word'], timeout_s=9)"


@pytest.mark.parametrize(("debug", "streams"), [("1", ["stderr"]), ("", [])])
def test_a_cell_shows_what_the_helpers_do_with_lab_debug_alone(
    debug: str, streams: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DEBUG", debug)
    cell = notebooks.execute(store(tmp_path / "01_x.ipynb", RUNNING + "; None")).cells[1]
    assert [output.name for output in cell.outputs] == streams
    assert not streams or re.search(
        r"helpers\.programs: echo 'a word': exit code 0 after [\d.]+ s\n", cell.outputs[0].text
    )
