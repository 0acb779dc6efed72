"""Whatever a learner types, edits or breaks: a valid result or a readable error. Needs no Engine."""

from __future__ import annotations

import copy
import http.client
import json
import math
import re
import shlex
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import nbformat
import numpy as np
import pandas as pd
import pytest
import requests
import urllib3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers import notebooks, paths, suites
from helpers.engine import connect
from helpers.errors import BadAnswer, LabError
from helpers.lab import Lab, Machine, NoSuchContainer
from helpers.lab.wanted import suites_by_name
from helpers.learning import Verdicts, check, compare, course, course_map, exercises, magics, record
from helpers.learning.checks import Check
from helpers.learning.predictions import read_grid
from helpers.paths import NOTEBOOKS
from tests.notebooks.strictness import strict_verdicts
from tests.unit.engine_double import in_use, listening
from tests.unit.properties import JSON, PRINTED, SCALARS, readable
from tools.commands import regenerate

CHAPTER = json.loads((NOTEBOOKS / "01_default_bridge.ipynb").read_text("utf-8"))
ANYTHING = JSON | st.binary(max_size=8) | st.sampled_from([np.array([1, 2]), pd.NA, pd.Series([1]), object()])


class NoEngine:
    """An Engine that must not be used: the mistake has to be noticed before."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the Engine was asked for {name}")


# ---- names of machines


@given(st.integers() | st.lists(st.text(max_size=30) | st.integers(), max_size=4) | st.text() | SCALARS)
@example([f"m{number}" for number in range(200)])
@example(["größe"])
@example(["host_1"])  # `hostname` refuses it
@example(["a-b"])  # the part after the last hyphen would be mistaken for the whole name
@example(["a" * 60])
@example(["Host", "host"])
@example(True)
def test_machine_names(machines: Any) -> None:
    with readable():
        names = suites_by_name(machines)
        assert 1 <= len(names) <= 100
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", name) for name in names)
        assert len({name.lower() for name in names}) == len(names)


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,19}", fullmatch=True)


@given(st.dictionaries(NAMES | st.text() | SCALARS, st.sampled_from([*suites.ENGINES.values()]) | ANYTHING))
@example({"then": "20.10", "now": "26.1", "next": "28.5"})
@example({})
@example({"now": 26.1})
@example({"now": "26.1.5"})
@example({"now": "trixie"})
@example({"now": np.array(["26.1"])})
@example({"Now": "26.1", "now": "26.1"})
@example({f"m{number}": "26.1" for number in range(101)})
def test_versions_of_machines(machines: Any) -> None:
    with readable():
        found = suites_by_name(machines)
        assert list(found) == list(machines)
        assert [suites.ENGINES[suite] for suite in found.values()] == list(machines.values())


@pytest.mark.parametrize("machines", [{}, {"now": "27.0"}, {"now": 26.1}, {"now": None}])
def test_an_error_about_versions_lists_the_choices(machines: Any) -> None:
    with pytest.raises(LabError) as caught:
        Lab(machines=machines, engine=NoEngine())  # type: ignore[arg-type]
    assert '"20.10", "26.1", "28.5"' in caught.value.next_step


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with listening() as double, in_use(double):
        with Lab(engine=connect("docker")) as started:
            yield started
        started.engine.close()


@given(ANYTHING)
def test_indexing_a_lab(lab: Lab, name: Any) -> None:
    with readable():
        assert lab[name].name == name == "host"


# ---- commands


def machine(api: Any, client: Any = None) -> Machine:
    tunnel: Any = SimpleNamespace(path=Path("/nowhere"))
    return Machine(
        api=api,
        name="host",
        address="192.168.99.100",
        container="0123456789ab",
        version="26.1.5",
        client=client,
        tunnel=tunnel,
        heartbeat=tunnel,
    )


WEB = SimpleNamespace(name="web1", id="db49ee72aeda1d2e")


@pytest.fixture
def with_web() -> Machine:
    def get(name: str) -> Any:
        """What the Engine answers: it finds the beginning of an id, too."""
        if name == WEB.name or WEB.id.startswith(name):
            return WEB
        raise docker.errors.NotFound("404")

    return machine(NoEngine(), SimpleNamespace(containers=SimpleNamespace(get=get, list=lambda **_: [WEB])))


@pytest.mark.parametrize("asked", ["web1", "db49ee72aeda"])
def test_a_container_is_found_by_its_name_and_by_its_id(with_web: Machine, asked: str) -> None:
    assert with_web.container(asked).name == "web1"


@pytest.mark.parametrize("asked", ["db", "db49ee72aed", "web"])
def test_the_beginning_of_an_id_is_not_a_name(with_web: Machine, asked: str) -> None:
    with pytest.raises(NoSuchContainer, match="containers there: web1"):
        with_web.container(asked)


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf, 1e300, "ten", None])
def test_a_command_needs_a_finite_positive_timeout(timeout: Any) -> None:
    with pytest.raises(LabError, match="seconds"):
        machine(NoEngine()).run("true", timeout=timeout)


@given(JSON.filter(lambda command: not isinstance(command, str)) | st.just("echo \0"))
def test_a_command_must_be_text_for_a_shell(command: Any) -> None:
    with pytest.raises(LabError, match="sh -c"):
        machine(NoEngine()).run(command)


@given(ANYTHING)
@example("")
@example("../images")
@example("a b")
@example("web?all=1")
def test_looking_up_containers_of_a_machine(name: Any) -> None:
    docker_of_machine = SimpleNamespace(
        containers=SimpleNamespace(get=_no_such_container, list=lambda all: [SimpleNamespace(name="web")])
    )
    host = machine(NoEngine(), docker_of_machine)
    with pytest.raises(LabError, match="containers there: web"):
        host.container(name)


def _no_such_container(name: str) -> None:
    assert name.isprintable()
    assert "/" not in name
    raise docker.errors.NotFound("no such container")


ENDS = [
    docker.errors.DockerException("the server has gone"),
    requests.ConnectionError("connection aborted"),
    urllib3.exceptions.ProtocolError("connection broken"),
    http.client.IncompleteRead(b""),
    ConnectionResetError("reset by peer"),
    OSError(9, "bad file descriptor"),
]


class Failing:
    """A client whose every method raises the same exception."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise self.error

        return fail


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
def test_a_machine_that_has_ended_is_reported_as_ended(error: Exception) -> None:
    host = machine(Failing(error), SimpleNamespace(containers=Failing(error)))
    for use in (lambda: host.container("web"), lambda: host.run("true"), host.power_off):
        with pytest.raises(LabError, match="has ended"):
            use()


@pytest.mark.parametrize("error", [KeyError("Id"), TypeError("no"), Exception("Can't create Container")])
def test_an_answer_that_docker_py_cannot_read_is_no_end_of_the_machine(error: Exception) -> None:
    host = machine(Failing(error), SimpleNamespace(containers=Failing(error)))
    for use in (lambda: host.container("web"), lambda: host.run("true"), host.power_off):
        with pytest.raises(BadAnswer, match=type(error).__name__):
            use()


def test_a_mistake_of_ours_is_no_end_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, client = socket.socketpair()
    api = SimpleNamespace(
        exec_create=lambda *_, **__: {"Id": "7"}, exec_start=lambda *_, **__: client, exec_inspect=None
    )
    monkeypatch.setattr("helpers.lab.machine.collect", Failing(KeyError("ours")).collect)
    with engine, pytest.raises(KeyError, match="ours"):
        machine(api).run("true")


@given(PRINTED | st.text())
@example("host --timeout nan")
@example("host --timeout=inf")
@example("-h")
@example("host --timeout %s")
def test_the_arguments_of_on(line: str) -> None:
    Lab.current = None
    magic: Any = magics.OnMachine()
    with pytest.raises(LabError):
        magic.on(line, "true")


@given(PRINTED | st.text())
@example("a\nEND\nb")
def test_the_cell_of_on_reaches_the_shell_whole(cell: str) -> None:
    script = magics.as_typed(cell)
    if script != cell.strip("\n"):
        assert shlex.split(script)[-1] == cell.strip("\n")


# ---- chapters, exercises, predictions


@given(st.lists(st.text(), max_size=3))
@example(["01", "a" * 5000 + ".ipynb"])
@example(["\0.ipynb"])
@example(["\ud800"])
def test_chapter_names(names: list[str]) -> None:
    with readable():
        assert all(path.suffix == ".ipynb" for path in notebooks.find(names))


@given(ANYTHING)
def test_exercise_names(name: Any) -> None:
    with readable():
        check(name)
    with readable():
        exercises.find(name)


@given(st.sampled_from(["", "\n", " \n", "one\ntwo"]))
def test_a_check_reports_why_it_could_not_run(seen: str) -> None:
    def fail(lab: Any) -> None:
        raise LabError("Looking", seen, "Nothing.")

    lab: Any = SimpleNamespace(machines={}, lan=SimpleNamespace(gateway="192.168.99.1"))
    found = Check("it is so", True, fail, "a hint").look(lab)
    assert not found.ok
    assert found.now.strip()


@given(st.dictionaries(st.text(max_size=5) | st.integers(), ANYTHING, max_size=3) | ANYTHING, ANYTHING)
@example({"a": np.array([1, 2])}, {"a": {"b": np.array([1, 2])}})
@example({"a": pd.NA}, {"a": 1})
@example({1: True}, {"a": True})
@example({}, pd.DataFrame({"source": ["a"]}))
def test_predictions(kept: Path, predicted: Any, measured: Any) -> None:
    truths = [measured, dict.fromkeys(predicted, measured)] if isinstance(predicted, dict) else [measured]
    for truth in truths:
        with readable():
            comparison = compare("01 names", predicted, truth)
            assert repr(comparison) or not comparison.rows
            assert comparison._repr_html_()
            made = (comparison.frame()["right"] != "–").sum()
            assert sum(map(len, record.predictions().values())) >= (made > 0)
            assert repr(course_map())
            record.reset()


@given(
    st.lists(st.sampled_from(["a", "b", "y", "n", "?", ".", "✓", "nein", "\n", " "]), max_size=20).map(
        " ".join
    )
)
def test_prediction_grids(text: str) -> None:
    with readable():
        assert set(read_grid(text).values()) <= {True, False, None}


@given(ANYTHING, ANYTHING, st.text(alphabet="0123456789.²-+ab", max_size=8))
@example(1, 1, "²6.1")
def test_claims(expected: Any, observed: Any, engine: str) -> None:
    verdicts = Verdicts("01 Anything", engine=engine or "26.1.5")
    verdicts.claim("a claim", expected=expected, observed=observed, since="20.10")
    assert list(verdicts.frame()["claim"]) == ["a claim (since Engine 20.10)"]


# ---- files that were edited badly


def _damaged(notebook: Any, data: st.DataObject) -> Any:
    """Replace or delete something at a random place in the JSON of a notebook."""
    damaged = place = copy.deepcopy(notebook)
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not (isinstance(inner, dict | list) and inner) or data.draw(st.booleans()):
            break
        place = inner
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(JSON)
    return damaged


SMALL = {**CHAPTER, "cells": [*CHAPTER["cells"][:4], CHAPTER["cells"][-2]]}
BROKEN = [b"", b"[]", b"{}", b"null", b"[" * 100_000, b"\xff\xfe", b'{"nbformat": 4}']


def _try_every_reader(path: Path) -> None:
    with readable():
        notebook = notebooks.read(path)
        regenerate.write(regenerate.normalize(notebook), path.with_suffix(".again"))
    with readable():
        strict_verdicts(path)


@pytest.mark.parametrize("content", BROKEN, ids=str)
def test_files_that_are_not_notebooks(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "01_broken.ipynb"
    path.write_bytes(content)
    with pytest.raises(LabError, match="01_broken"):
        notebooks.read(path)
    _try_every_reader(path)


def test_a_notebook_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="directory"):
        notebooks.read(tmp_path)


@settings(max_examples=150)
@given(st.data())
def test_randomly_damaged_notebooks(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "01_damaged.ipynb"
    path.write_text(json.dumps(_damaged(SMALL, data)))
    _try_every_reader(path)


def test_a_cell_that_is_not_python_is_named(tmp_path: Path) -> None:
    notebook = copy.deepcopy(CHAPTER)
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["source"] = "if if"
    path = tmp_path / "01_damaged.ipynb"
    path.write_text(json.dumps(notebook))
    assert "code cell 0 is not valid Python" in " ".join(strict_verdicts(path))


@settings(max_examples=50)
@given(st.data())
def test_the_course_map_shows_a_chapter_whatever_it_contains(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("course")
    content = data.draw(st.sampled_from(BROKEN) | st.just(b""))
    if not content:
        content = json.dumps(_damaged({**SMALL, "cells": SMALL["cells"][:1]}, data)).encode()
    (directory / "01_damaged.ipynb").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "chapter_files", lambda: paths.chapter_files(directory))
        shown = course_map()
    assert [stop.file for stop in shown.stops] == ["01_damaged.ipynb"]
    assert shown.stops[0].title.strip()
    assert shown._repr_html_()


# ---- what has been done, on disk


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_PROGRESS", raising=False)
    return record.path()


@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"01": "\\ud800"}')
@example(b'{"01": "yesterday"}')
@example(b'{"predictions": {"01 names": {"a": 1, "b": null, "\\ud800": false}, "01": true}}')
def test_the_readable_part_of_a_damaged_record_counts(kept: Path, content: bytes) -> None:
    kept.write_bytes(content)
    assert all(time.strptime(day, "%Y-%m-%d") for day in record.done().values())
    assert repr(course_map()).encode()
    record.note_done("02-1")
    assert record.when_done("02-1")
    record.note_predictions("02 names", {"a": True})
    assert record.predictions()["02 names"]["a"]


def test_a_record_that_cannot_be_written_raises_a_readable_error(kept: Path) -> None:
    kept.mkdir()
    assert record.done() == {}
    with pytest.raises(LabError, match="progress"):
        record.note_done("02-1")
    with pytest.raises(LabError, match="progress"):
        record.reset()


def test_a_written_notebook_is_a_notebook(tmp_path: Path) -> None:
    path = tmp_path / "01.ipynb"
    regenerate.write(regenerate.normalize(notebooks.read(NOTEBOOKS / "01_default_bridge.ipynb")), path)
    nbformat.validate(nbformat.read(path, as_version=4))
