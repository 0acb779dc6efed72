"""Which way imports point: the contract that import-linter keeps, and what it cannot see."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from helpers.paths import PROJECT

MODULES = sorted(path for house in ("helpers", "tools") for path in (PROJECT / house).rglob("*.py"))
# Computed names, each for a reason: a verb's module is imported once its environment has been entered;
# JupyterLab's extensions define options of their own; and a plugin's root file system is packed by a script
# that runs on a machine.
COMPUTED = {"helpers/command_line.py", "helpers/page/options.py", "helpers/plugin/pack.py"}


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The two houses and their contract, to be changed."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for house in ("helpers", "tools"):
        shutil.copytree(PROJECT / house, tmp_path / house, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_contract_is_kept() -> None:
    done = lint(PROJECT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "imports", "broken"),
    [
        ("helpers/figures/style.py", "tools.markdown", "knows nothing of the maintainer's tools"),
        ("helpers/lab/lab.py", "helpers.probes.icmp", "from the command line down"),
        ("helpers/setup/offline.py", "helpers.engine.images", "from the command line down"),
        ("helpers/figures/matrix.py", "helpers.probes", "wherever they come from"),
        ("tools/markdown.py", "tools.publish.book", "tools, from the command line down"),
    ],
)
def test_an_arrow_that_runs_up_is_noticed(module: str, imports: str, broken: str, copy: Path) -> None:
    with (copy / module).open("a") as file:
        file.write(f"\n\ndef late() -> None:\n    import {imports}\n")
    done = lint(copy)
    assert done.returncode == 1
    assert re.search(rf"{broken}.* BROKEN", done.stdout)


def hidden_imports(source: str) -> Iterator[str]:
    """Names of modules that a syntax tree imports without an import statement; "?" for a computed one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("import_module", "__import__", "run_module"):
                argument = node.args[0]
                yield str(argument.value) if isinstance(argument, ast.Constant) else "?"
        if isinstance(node, ast.List | ast.Tuple):
            yield from _of_command(node.elts)


def _of_command(words: list[ast.expr]) -> Iterator[str]:
    """What a command line imports: ``-m module``, ``-c code``."""
    for option, argument in pairwise(words):
        if isinstance(option, ast.Constant) and option.value in ("-m", "-c"):
            if not isinstance(argument, ast.Constant):
                yield from ["?"] * (option.value == "-m" and not _is_a_number(argument))
            elif option.value == "-m":
                yield str(argument.value)
            elif any(isinstance(word, ast.Attribute) and word.attr == "executable" for word in words):
                yield from _imported(str(argument.value))


def _is_a_number(argument: ast.expr) -> bool:
    """Whether it is another program's ``-m``: QEMU's memory."""
    return "memory_mb" in ast.dump(argument)


def _imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_import_hides_from_the_contract(path: Path) -> None:
    where = str(path.relative_to(PROJECT))
    found = set(hidden_imports(path.read_text()))
    assert "?" not in found or where in COMPUTED
    if where.startswith("helpers/"):
        assert not {name for name in found if name.split(".")[0] == "tools"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('import_module("tools.soak")', ["tools.soak"]),
        ('importlib.import_module(f"tools.{name}")', ["?"]),
        ('run([sys.executable, "-m", "tools.bench"])', ["tools.bench"]),
        ('run([sys.executable, "-m", __name__])', ["?"]),
        ('run([sys.executable, "-c", "from tools import soak"])', ["tools"]),
        ('run(["sh", "-c", "exit 1"])', []),
    ],
)
def test_what_hides_is_found(source: str, found: list[str]) -> None:
    assert list(hidden_imports(source)) == found


@pytest.mark.parametrize("module", ["helpers.lab.watch", "helpers.engine.fill_stock", "helpers.command_line"])
def test_what_starts_often_starts_without_pandas(module: str) -> None:
    """Each lab starts two such processes, and pandas is most of what they would load."""
    script = f"import sys, {module}; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=False).returncode == 0
