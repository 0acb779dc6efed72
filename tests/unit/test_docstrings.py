"""A docstring that has a section of parameters documents all of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.paths import PROJECT

PACKAGES = ("lab", "engine", "probes", "figures", "learning", "plugin")
MODULES = sorted(path for package in PACKAGES for path in (PROJECT / "helpers" / package).rglob("*.py"))
SECTION = re.compile(r"^Parameters\n-{10}\n(.*?)(?=^\S[^\n]*\n-{3,}\n|\Z)", re.DOTALL | re.MULTILINE)
NAMES = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : .*|:)?$", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def undocumented(source: str) -> Iterator[str]:
    """Yield what public sections of parameters leave out, and what they name that is no parameter."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if section := SECTION.search(ast.get_docstring(node) or ""):
            lines = NAMES.findall(section[1])
            documented = {name.lstrip("*") for line in lines for name in line.split(", ")}
            wanted = parameters(node)
            for name in sorted(wanted ^ documented):
                yield f"{node.name}: {name} is {'missing' if name in wanted else 'no parameter'}"


def parameters(node: Function | ast.ClassDef) -> set[str]:
    """Return the parameters of a function; of a class, those that make one."""
    if isinstance(node, ast.ClassDef):
        made_by = [one for one in node.body if isinstance(one, Function) and one.name == "__init__"]
        return parameters(made_by[0]) if made_by else fields(node)
    of = node.args
    named = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
    return {one.arg for one in named} - {"self", "cls"}


def fields(node: ast.ClassDef) -> set[str]:
    """Return the fields of a dataclass."""
    targets = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
    return {one.id for one in targets if isinstance(one, ast.Name)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_section_of_parameters_is_complete(path: Path) -> None:
    assert list(undocumented(path.read_text())) == []


SOURCE = '''
def draw(frame, *axes, title: str, **options):
    """Draw.

    Parameters
    ----------
    {}

    Returns
    -------
    Axes
        It.
    """

class Log:
    """A log.

    Parameters
    ----------
    machine, path:
        Where it is.
    """
    def __init__(self, machine, path): ...
'''


@pytest.mark.parametrize(
    ("documented", "found"),
    [
        ("frame, *axes, title:\n        All.\n    **options:\n        More.", []),
        ("frame : DataFrame\n        One.\n    axes, title, options", []),
        (
            "frame, axes:\n        Not title: nor more.",
            [f"draw: {name} is missing" for name in ("options", "title")],
        ),
        ("frame, axes, title, options, colour:\n        All.", ["draw: colour is no parameter"]),
    ],
)
def test_what_is_left_out_is_found(documented: str, found: list[str]) -> None:
    assert list(undocumented(SOURCE.replace("{}", documented))) == found


def test_a_class_is_made_with_what_it_documents() -> None:
    source = SOURCE.replace("{}", "frame, axes, title, options").replace("machine, path:", "machine:")
    assert list(undocumented(source)) == ["Log: path is missing"]
