"""What plain `pytest --nbval` needs in addition to pyproject.toml, from any directory."""

from __future__ import annotations

import os
from collections import Counter
from typing import IO, Any

import pytest
from nbval.plugin import IPyNbFile
from xdist.scheduler import LoadFileScheduling

from helpers import notebooks
from helpers.learning.claims import ROWS
from helpers.paths import engine_of_tests
from helpers.setup import environment
from tests import own_engines
from tests.notebooks.generation import with_its_verdicts
from tests.notebooks.rehearsal import with_rehearsals

RUN = pytest.StashKey[IO[str]]()
LONGEST = "09_clinic"  # a fifth of the suite: begun late, it would keep one worker busy alone at the end


def pytest_configure(config: pytest.Config) -> None:
    # nbval opens the file relative to the current directory.
    config.option.nbval_sanitize_with = str(config.rootpath / config.option.nbval_sanitize_with)
    # The kernels that nbval starts inherit this: no learner's profile, no durations in compared outputs.
    environment.isolate()
    os.environ.update(notebooks.UNATTENDED)
    if config.option.nbval:
        environment.list_fonts()
    worker = getattr(config, "workerinput", {}).get("workerid")
    if worker is None:
        config.stash[RUN] = own_engines.claim(workers=bool(config.getoption("numprocesses", None)))
    elif worker != "gw0":
        # An emulated engine uses one processor: each additional worker of pytest-xdist has its own engine.
        os.environ["LAB_INSTANCE"] += f"-{worker}"


def pytest_collectstart(collector: pytest.Collector) -> None:
    # Only a verdict table's text and HTML are compared, because nbval compares only strings.
    if isinstance(collector, IPyNbFile):
        collector.skip_compare = (*collector.skip_compare, ROWS)


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """Keeps a file's tests together, in order, except the chapters that are broken on purpose."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if "broken_on_purpose" in nodeid else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = with_its_verdicts(with_rehearsals(items))
    items.sort(key=lambda item: item.path.stem != LONGEST)
    # pytest-xdist runs only one of the tests that have the same name.
    counted = Counter(item.nodeid for item in items)
    if several := [name for name, number in counted.items() if number > 1]:
        raise pytest.UsageError(f"Give each of these tests a name of its own: {', '.join(several)}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if lock := config.stash.get(RUN, None):  # in the controller, after all workers have ended
        own_engines.stop(engine_of_tests())
        lock.close()
