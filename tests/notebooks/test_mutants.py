"""The judge of the claims, judged on a chapter that needs no Engine; and a handful of real mutants."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import notebooks
from helpers.paths import chapter_number
from tools import executed
from tools.commands import regenerate
from tools.mutants import mutation, results, trial
from tools.mutants.mutation import Mutation

CELLS = {
    "start": "from helpers.learning import Verdicts\nverdicts, routes = Verdicts('09'), {'a': 'b'}",
    "ask": "seen = routes['a']",
    "first": "verdicts.claim('a leads to b', expected='b', observed=seen)",
    "second": "verdicts.claim('There is a route', expected='at least 1', observed=len(routes), holds=True)",
    "verdicts": "verdicts.table()",
    "exercise": "raise SystemError('no exercise is executed')",
    "close": "routes.clear()",
}


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chapter") / "09_arithmetic.ipynb"
    cells = [new_code_cell(source, id=name) for name, source in CELLS.items() if name != "exercise"]
    nbformat.write(new_notebook(cells=cells), path)
    notebook = regenerate.normalize(notebooks.execute(path))
    notebook.cells.insert(-1, new_code_cell(CELLS["exercise"], id="exercise"))
    regenerate.write(notebook, path)
    return path


def test_a_claim_whose_verdict_turns_is_killed_and_others_survive(chapter: Path) -> None:
    done = trial.run(chapter, Mutation("a leads to c", at="ask", cells=("routes['a'] = 'c'",)))
    assert (done.killed, done.undecided) == (("a leads to b",), 0)
    claims = list(executed.verdicts(notebooks.read(chapter)))
    assert results.survivors([done], claims) == ["There is a route"]
    page = results.page({"09": [done]}, {"09": claims})
    assert "| a leads to b | yes | a leads to c |" in page
    assert "| There is a route | **no** |  |" in page


def test_a_claim_that_an_error_kept_from_being_decided_is_not_killed(chapter: Path) -> None:
    done = trial.run(chapter, Mutation("no route", at="ask", cells=("routes.clear()",)))
    assert (done.killed, done.undecided) == ((), 1)


def test_a_cell_is_replaced_and_later_ones_are_left_out(chapter: Path) -> None:
    done = trial.run(
        chapter,
        Mutation("c", at="ask", cells=("seen = 'c'",), replaces=True, until="first", impossible="why"),
    )
    assert (done.killed, done.undecided) == (("a leads to b",), 1)
    assert "| a leads to b | observation only | c (why) |" in results.page(
        {"09": [done]}, {"09": done.killed}
    )


def test_a_change_that_fails_is_no_mutation(chapter: Path) -> None:
    with pytest.raises(notebooks.ChapterFailed, match="mistake"):
        trial.run(chapter, Mutation("mistake", at="ask", cells=("mistake",)))


def test_results_are_stored_and_read_back(
    chapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "DATA", tmp_path / "mutants.json")
    monkeypatch.setattr(results, "PAGE", tmp_path / "mutants.md")
    done = trial.Trial("c", "", "0123", ("a leads to b",), 0, 1.5)
    results.write({"09": [done]}, {"09": ["a leads to b"]})
    assert results.read(tmp_path / "mutants.json") == {"09": [done]}
    assert (tmp_path / "mutants.md").read_text().startswith("# What would turn each claim red")


@pytest.mark.parametrize("path", notebooks.find([]), ids=lambda path: path.stem)
def test_mutations_fit_their_chapter(path: Path) -> None:
    original = notebooks.read(path)
    for one in mutation.read(chapter_number(path)):
        assert len(one.applied(original).cells) > 2, one.what


@pytest.mark.parametrize(
    ("number", "start", "claim"),
    [
        ("01", "nginx is on a user-defined", "The first container gets the address 172.17.0.2/16"),
        ("02", "my_bridge has another subnet", "A second bridge network gets its own subnet"),
        ("03", "The image exposes another port", "The nginx image exposes port 80"),
    ],
)
def test_a_broken_network_turns_a_claim_red(number: str, start: str, claim: str) -> None:
    (one,) = [one for one in mutation.read(number) if one.what.startswith(start)]
    (path,) = notebooks.find([number])
    assert claim in trial.run(path, one).killed
