"""What is installed: two lists in pyproject.toml, and what pins and repeats them must agree with them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
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


def test_every_chapter_imports_no_more_than_a_learner_installs() -> None:
    absent = {re.sub(r"[-_.]+", "-", name).lower() for name in locks.names(locks.ADDED)}
    hidden = {
        module
        for module, owners in packages_distributions().items()
        if {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} <= absent
    }
    assert {"bottle", "pytest", "sphinx"} <= hidden
    lines = ["import sys", f"sys.modules |= dict.fromkeys({sorted(hidden)})"]
    for path in notebooks.find([]):
        for cell in notebooks.read(path).cells:
            if cell.cell_type == "code" and not cell.source.startswith("%%"):
                body = ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE)).body
                lines += [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert "from helpers.learning import Verdicts, check, compare" in lines
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=PROJECT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


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
