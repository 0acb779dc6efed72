"""What has to be ready before chapters run is found out from the chapters themselves."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import notebooks
from helpers.commands import engines, test
from helpers.engine.reachable import Endpoint
from helpers.lab import reaper
from helpers.paths import NOTEBOOKS
from helpers.setup import environment


def chapter(directory: Path, name: str, *sources: str) -> Path:
    path = directory / name
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


@pytest.mark.parametrize(
    ("source", "suites"),
    [
        ("lab = Lab(machines=3)", []),
        ('lab = Lab(machines=["a", "b"])', []),
        ('lab = Lab(machines={"then": "20.10", "now": "26.1"})', ["bookworm", "trixie"]),
        ('lab = Lab({"next": "28.5"}, chapter="07")', ["forky"]),
        ('lab = Lab(\n    machines={\n        "next": "28.5",\n    }\n)', ["forky"]),
        ('lab = Lab(machines={"now": "27.0"})', []),
        ("lab = Lab(machines={name: version for name in names})", []),
        ("lab = Lab(machines={", []),
    ],
)
def test_a_chapter_shows_which_generations_it_asks_for(
    source: str, suites: list[str], tmp_path: Path
) -> None:
    path = chapter(tmp_path, "10_x.ipynb", "import helpers", source)
    assert notebooks.suites_asked_for(path) == suites


@pytest.mark.parametrize(
    ("backend", "connected"),
    [
        ("embedded", [("", []), ("10", ["forky"])]),
        ("docker", [("", []), ("01", []), ("10", ["forky"])]),
    ],
)
def test_the_engine_of_the_generations_is_prepared_as_well(
    backend: Literal["docker", "embedded"],
    connected: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def connect(chapter: str, machines: list[str]) -> Any:
        asked.append((chapter, machines))
        endpoint = Endpoint("unix:///x", "a test", backend)
        return SimpleNamespace(endpoint=endpoint, version="26.1.5", client=None, close=lambda: None)

    monkeypatch.setattr(engines, "connect", connect)
    monkeypatch.setattr(environment, "list_fonts", lambda: None)
    monkeypatch.setattr(reaper, "sweep", lambda _: 0)
    plain = chapter(tmp_path, "01_x.ipynb", "lab = Lab()")
    further = chapter(tmp_path, "10_x.ipynb", 'lab = Lab(machines={"next": "28.5"})')
    engines.prepare([plain, further])
    assert asked == connected


@pytest.mark.parametrize(
    ("arguments", "prepared"),
    [
        ([], []),
        (["-x", "tests/unit"], []),
        (["notebooks/02_user_defined_bridge.ipynb::Cell 3", "-x"], ["02_user_defined_bridge"]),
        ([str(NOTEBOOKS)], [path.stem for path in notebooks.find([])]),
    ],
)
def test_what_the_named_chapters_need_is_there_before_pytest_begins(
    arguments: list[str], prepared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setenv("LAB_INSTANCE", "engine-unused")
    monkeypatch.setattr(engines, "prepare", lambda paths: done.extend(path.stem for path in paths))
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(os, "execv", lambda *_: done.append("pytest"))
    test.command(arguments)
    assert done == [*prepared, "pytest"]
