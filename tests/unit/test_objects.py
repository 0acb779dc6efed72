"""Objects of the lab are whole from the constructor on: nobody asks whether an attribute is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.paths import PROJECT

MODULES = sorted(path for part in ("engine", "lab") for path in (PROJECT / "helpers" / part).glob("*.py"))


def assigned(function: ast.FunctionDef) -> Iterator[str]:
    """Names of the attributes that a method gives to its object."""
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_attribute_exists_from_the_constructor_on(path: Path) -> None:
    classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    for one in classes:
        methods = [node for node in one.body if isinstance(node, ast.FunctionDef)]
        made = {name for method in methods if method.name == "__init__" for name in assigned(method)}
        later = {name for method in methods for name in assigned(method)} - made
        assert not later, f"{one.name} is given {sorted(later)} after its constructor"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_nothing_guards_against_an_object_that_is_half_made(path: Path) -> None:
    assert not re.search(r"(get|has)attr\(self\b|suppress\([^)]*AttributeError", path.read_text())
