"""What a run on a generation keeps, what is run again, and what is written of it."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers import notebooks, suites
from helpers.commands import engines
from helpers.errors import LabError
from helpers.figures import style
from helpers.learning.claims import ClaimFailed, Verdicts, VerdictTable
from tools.commands import generations as verb
from tools.commands import regenerate
from tools.generations import figure, measure, results
from tools.generations.measure import Run

OLD, NEW = "MACs follow the address (before Engine 28.0)", "MACs are random (since Engine 28.0)"
SAME = "nginx | is on the bridge"
THEN = Run("0123", "26.1.5", {OLD: "holds", NEW: "does not apply", SAME: "holds"}, "", ())
NOW = Run(
    "0123", "28.5.2", {OLD: "does not apply", NEW: "holds", SAME: "FAILS"}, "", ("mac",), {SAME: "none"}
)
RUNS = {"01": {"trixie": THEN, "forky": NOW}}


def test_a_run_passes_if_it_reached_its_verdicts_and_none_fails() -> None:
    assert THEN.passed
    assert not NOW.passed
    assert not replace(THEN, raised="close: LabError: gone").passed
    assert not replace(THEN, verdicts={}).passed


def test_the_page_has_each_claim_on_each_generation() -> None:
    page = results.page(RUNS, "generations.png")
    assert f"| 1 | {OLD} | ? | ✓ | – |" in page
    assert "| 3 | nginx \\| is on the bridge | ? | ✓ | **✗** |" in page
    assert "| 28.5.2 | 0 of 1 | 1 | 0 | 1 | 1 | 0 |" in page
    assert "a cell raised" not in page
    raised = replace(NOW, raised="close: LabError: *gone*")
    assert "On 28.5, a cell raised: close: LabError: \\*gone\\*" in results.page(
        {"01": {"forky": raised}}, "generations.png"
    )


def test_a_claim_that_needs_what_an_engine_lacks_is_one_claim_on_all() -> None:
    then = replace(THEN, verdicts={"It starts (needs Docker Compose v2)": "does not apply"})
    now = replace(NOW, verdicts={"It starts": "holds"})
    seen = results.matrix({"02b": {"bookworm": then, "forky": now}})
    assert seen == {"02b": {"It starts": ["does not apply", figure.NOT_DECIDED, "holds"]}}


def test_a_chapter_whose_machines_have_all_generations_has_one_run_for_all() -> None:
    everywhere = replace(THEN, engine="20.10.24, 26.1.5, 28.5.2")
    runs = {"10": {"trixie": everywhere}, **RUNS}
    assert results.on("bookworm", runs["10"]) == everywhere
    assert results.matrix(runs)["10"][SAME] == ["holds", "holds", "holds"]
    page = results.page(runs, "generations.png")
    assert "\n| 26.1.5 | 2 of 2 |" in page
    assert "\n| 20.10 | 1 of 2 |" in page


def test_each_result_is_stored_as_soon_as_it_is_there(tmp_path: Path) -> None:
    data = tmp_path / "generations.json"
    assert results.read(data) == {}
    for suite, run in RUNS["01"].items():
        results.store("01", suite, run, data)
        assert results.read(data)["01"][suite] == run
    results.store("00", "trixie", THEN, data)
    assert results.read(data) == {"00": {"trixie": THEN}, **RUNS}
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        f"generations.{kind}" for kind in ("json", "md", "png")
    ]


def test_a_cell_that_differed_once_may_do_so_again(tmp_path: Path) -> None:
    data = tmp_path / "generations.json"
    for run in (NOW, replace(NOW, differs=("address",)), replace(NOW, of="4567", differs=("table",))):
        results.store("01", "forky", run, data)
        seen = results.read(data)["01"]["forky"].differs
        assert seen == {"mac": ("mac",), "address": ("mac", "address"), "table": ("table",)}[run.differs[0]]


def test_the_figure_numbers_the_claims_that_depend_on_the_generation() -> None:
    claims = {OLD: ["holds", "does not apply"], SAME: ["holds", "holds"], NEW: ["does not apply", "holds"]}
    ax = figure.draw({"01": claims}, ["26.1", "28.5"])
    assert figure.numbers(claims) == {OLD: "1", NEW: "3"}
    assert style.caption(ax) == "1 of 3 claims have the same verdict on Engine 26.1, 28.5"
    glyphs = {text.get_gid(): text.get_text() for text in ax.texts if text.get_gid()}
    assert glyphs[f"01|{NEW}|26.1"] == "–"
    assert len(glyphs) == 6


def test_a_claim_that_was_not_run_everywhere_is_not_counted_as_the_same() -> None:
    claims = {OLD: ["holds", "does not apply"], SAME: ["holds", figure.NOT_DECIDED]}
    told = "0 of 1 claims have the same verdict on Engine 26.1, 28.5; 1 are not decided on each"
    assert style.caption(figure.draw({"01": claims}, ["26.1", "28.5"])) == told


def chapter(shown: str) -> NotebookNode:
    output = new_output("stream", name="stdout", text=shown)
    notebook: NotebookNode = new_notebook(
        cells=[new_code_cell("same", id="a"), new_code_cell("print()", id="b", outputs=[output])]
    )
    return notebook


def test_what_was_observed_of_a_failing_claim_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "01_bridge.ipynb"
    nbformat.write(chapter("bridge"), path)
    verdicts = Verdicts("01 Bridge", engine="28.5.2")
    verdicts.claim("It holds", expected=1, observed=1)
    with suppress(ClaimFailed):
        verdicts.claim("It fails", expected=1, observed=2)
    data = VerdictTable("01 Bridge", "28.5.2", verdicts.frame())._repr_mimebundle_()
    executed = new_notebook(
        cells=[new_code_cell("verdicts.table()", outputs=[display(data)]), new_code_cell()]
    )
    for cell, old in zip(executed.cells, chapter("bridge").cells, strict=True):
        cell.id = old.id
    monkeypatch.setattr(notebooks, "execute", lambda _: executed)
    ran = measure.run(path)
    assert (ran.engine, ran.verdicts) == ("28.5.2", {"It holds": "holds", "It fails": "FAILS"})
    assert ran.failing == {"It fails": "2"}


def display(data: dict[str, object]) -> NotebookNode:
    output: NotebookNode = new_output("display_data", data=data)
    return output


def test_cells_differ_if_nbval_would_say_so() -> None:
    stored = chapter("8c7a03f716a3 bridge")
    assert list(measure.differing(stored, chapter("b1e96d79bcff bridge"))) == []
    assert list(measure.differing(stored, chapter("b1e96d79bcff host"))) == ["b"]


def test_only_what_has_changed_is_run_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "01_bridge.ipynb"
    nbformat.write(chapter("bridge"), path)
    ran: list[Path] = []

    def run(path: Path) -> Run:
        ran.append(path)
        return replace(THEN, of=measure.digest(nbformat.read(path, as_version=4)))

    def store(chapter: str, suite: str, run: Run) -> None:
        stored.setdefault(chapter, {})[suite] = run

    stored: results.Results = {}
    monkeypatch.setenv(suites.VARIABLE, "forky")
    monkeypatch.setattr(engines, "prepare", lambda _: None)
    monkeypatch.setattr(measure, "run", run)
    monkeypatch.setattr(results, "store", store)
    monkeypatch.setattr(results, "read", lambda: stored)
    assert verb.command([str(path)]) == verb.command([str(path)]) == 0
    assert ran == [path]
    assert verb.command([str(path), "--again"]) == 0
    assert len(ran) == 2

    # The outputs that a chapter has are of a run on the default generation: nothing is executed again for it.
    monkeypatch.setenv(suites.VARIABLE, suites.DEFAULT)
    assert verb.command([str(path)]) == 1  # this chapter shows no verdicts
    assert not stored["01"][suites.DEFAULT].verdicts
    assert len(ran) == 2


def test_a_regenerated_chapter_is_a_run_on_the_default_generation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "01_bridge.ipynb"
    nbformat.write(chapter("bridge"), path)
    kept: list[tuple[str, str, Run]] = []
    monkeypatch.setattr(engines, "prepare", lambda _: None)
    monkeypatch.setattr(notebooks, "execute", lambda _: chapter("host"))
    monkeypatch.setattr(results, "store", lambda *run: kept.append(run))
    monkeypatch.delenv(suites.VARIABLE, raising=False)
    assert regenerate.command([str(path)]) == 0
    assert kept == [("01", suites.DEFAULT, measure.stored(path))]
    assert "host" in path.read_text("utf-8")

    monkeypatch.setenv(suites.VARIABLE, "forky")
    with pytest.raises(LabError, match="tools generations"):
        regenerate.command([str(path)])
    assert len(kept) == 1


def test_without_a_suite_each_has_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(argv: list[str], env: dict[str, str], **_: object) -> object:
        started.append((argv[2:], env[suites.VARIABLE]))
        return type("Done", (), {"returncode": int(env[suites.VARIABLE] == "forky")})

    started: list[tuple[list[str], str]] = []
    monkeypatch.delenv(suites.VARIABLE, raising=False)
    monkeypatch.setattr(subprocess, "run", start)
    assert verb.command(["01"]) == 1
    assert started == [(["tools", "generations", "01"], suite) for suite in suites.ENGINES]
