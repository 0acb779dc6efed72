"""One list of dependencies: what pins and repeats it must agree with it."""

from __future__ import annotations

import re

from helpers import environment
from helpers.installation import LOCK
from helpers.paths import PROJECT

CONDA_NAMES = {"docker": "docker-py", "matplotlib": "matplotlib-base", "playwright": "playwright-python"}


def test_conda_gets_the_same_dependencies() -> None:
    listed = re.findall(r"^  - (\S+>=\S+)$", (PROJECT / "environment.yml").read_text(), flags=re.MULTILINE)
    expected = ["python>=3.11"]
    for requirement in environment.dependencies():
        name, minimum = requirement.split(">=")
        expected.append(f"{CONDA_NAMES.get(name, name)}>={minimum}")
    assert listed == expected


def test_the_lock_pins_every_dependency_with_hashes() -> None:
    text = LOCK.read_text()
    pins = dict(
        re.findall(r"^(\S+)==(\S+) (?:;.*)?\\\n    --hash=sha256:[0-9a-f]{64}", text, flags=re.MULTILINE)
    )
    assert len(pins) == len(re.findall(r"^\w", text, flags=re.MULTILINE))
    for requirement in environment.dependencies():
        name, minimum = requirement.split(">=")
        assert environment._numbers(pins[name]) >= environment._numbers(minimum), name


def test_the_lock_names_no_address_and_no_place() -> None:
    assert not re.search(
        r"://|--(extra-)?index-url|--find-links|file:|^\s*-[ef] ", LOCK.read_text(), re.MULTILINE
    )
