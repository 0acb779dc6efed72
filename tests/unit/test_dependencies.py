"""What is installed: two lists in pyproject.toml, and what pins and repeats them must agree with them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from helpers import notebooks, programs
from helpers.paths import PROJECT
from helpers.setup import environment, locks, uv

CONDA_NAMES = {"docker": "docker-py", "matplotlib": "matplotlib-base", "playwright": "playwright-python"}
BOTH = [locks.LEARNER, locks.ADDED]
# As uv names them. A wheel for manylinux_2_28 runs on Debian 12, Ubuntu 24.04 and all that is newer.
PLATFORMS = [f"{cpu}-{of}" for of in ("manylinux_2_28", "apple-darwin") for cpu in ("x86_64", "aarch64")]


def test_conda_has_the_same_dependencies() -> None:
    listed = re.findall(r"^  - (\S+>=\S+)$", (PROJECT / "environment.yml").read_text(), flags=re.MULTILINE)
    expected = ["python>=3.11"]
    for requirement in environment.dependencies(everything=True):
        name, minimum = requirement.split(">=")
        expected.append(f"{CONDA_NAMES.get(name, name)}>={minimum}")
    assert listed == expected


def test_the_locks_pin_every_dependency_with_hashes() -> None:
    text = "".join(lock.read_text() for lock in BOTH)
    pins = dict(
        re.findall(r"^(\S+)==(\S+) (?:;.*)?\\\n    --hash=sha256:[0-9a-f]{64}", text, flags=re.MULTILINE)
    )
    assert len(pins) == len(re.findall(r"^\w", text, flags=re.MULTILINE))
    for requirement in environment.dependencies(everything=True):
        name, minimum = requirement.split(">=")
        assert environment._numbers(pins[name]) >= environment._numbers(minimum), name


def test_a_learner_installs_what_a_learner_runs() -> None:
    learner, added = (set(locks.names(lock)) for lock in BOTH)
    assert {requirement.split(">=")[0] for requirement in environment.dependencies()} <= learner
    assert not learner & added
    assert {"pytest", "sphinx", "mypy", "playwright", "uv"} <= added


@cache
def only_in_tests() -> list[str]:
    """The modules that a learner does not have."""
    added = {_normal(name) for name in locks.names(locks.ADDED)}
    found = packages_distributions().items()
    return sorted(module for module, owners in found if {_normal(owner) for owner in owners} <= added)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imports(source: str) -> list[str]:
    nodes = ast.walk(ast.parse(source))
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def test_every_chapter_imports_no_more_than_a_learner_installs() -> None:
    assert {"bottle", "pytest", "sphinx"} <= {*only_in_tests()}
    lines = ["import sys", f"sys.modules |= dict.fromkeys({only_in_tests()})"]
    for path in notebooks.find([]):
        for cell in notebooks.read(path).cells:
            if cell.cell_type == "code" and not cell.source.startswith("%%"):
                lines += _imports(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE))
    assert "from helpers.learning import Verdicts, check, compare" in lines
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_what_a_learner_runs_imports_no_more_than_a_learner_installs() -> None:
    # The driver runs on a machine, with the machine's own packages.
    for path in {*(PROJECT / "helpers").rglob("*.py")} - {*(PROJECT / "helpers/plugin/wire").rglob("*.py")}:
        named = {line.split()[1].partition(".")[0].rstrip(",") for line in _imports(path.read_text())}
        assert not named & {*only_in_tests()}, path


@pytest.mark.parametrize("lock", BOTH, ids=lambda lock: lock.stem)
def test_the_locks_name_no_address_and_no_place(lock: Path) -> None:
    assert not re.search(
        r"://|--(extra-)?index-url|--find-links|file:|^\s*-[ef] ", lock.read_text(), re.MULTILINE
    )


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_locks_install_from_wheels_alone(platform: str, python: str, tmp_path: Path) -> None:
    program = uv.provide(lambda _: None)
    assert program
    command = "pip install --dry-run --quiet --require-hashes --only-binary=:all:".split()
    command += [f"--python-platform={platform}", f"--python-version={python}", f"--target={tmp_path}"]
    command += [f"--requirement={lock}" for lock in BOTH]
    programs.run([str(program), *command], timeout_s=300, environ=uv.environ())
