"""What plain `pytest --nbval` needs beyond pyproject.toml, from whatever directory it is called."""

from __future__ import annotations

import os

import pytest

from helpers import environment
from helpers.engine import embedded
from helpers.paths import ENGINE
from tests.notebooks.rehearsal import with_rehearsals


def pytest_configure(config: pytest.Config) -> None:
    # nbval opens the file relative to the current directory.
    config.option.nbval_sanitize_with = str(config.rootpath / config.option.nbval_sanitize_with)
    # The kernels that nbval starts inherit these: no learner's profile, no durations in what is compared.
    environment.isolate()
    os.environ["LAB_PROGRESS"] = "off"
    if config.option.nbval:
        environment.list_fonts()
    # An emulated engine uses one processor: each further worker of pytest-xdist brings an engine of its own.
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    if worker != "gw0":
        os.environ["LAB_INSTANCE"] = f"{ENGINE}-{worker}"


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the exercises' solutions; keep a file's tests together, in order, unless they say otherwise."""
    items[:] = with_rehearsals(items)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", None):  # here, and not in a worker: all of those have ended
        embedded.stop(f"{ENGINE}-gw*")
