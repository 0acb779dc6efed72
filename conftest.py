"""What plain `pytest --nbval` needs beyond pyproject.toml, from whatever directory it is called."""

from __future__ import annotations

import os

import pytest

from helpers import environment


def pytest_configure(config: pytest.Config) -> None:
    # nbval opens the file relative to the current directory.
    config.option.nbval_sanitize_with = str(config.rootpath / config.option.nbval_sanitize_with)
    # The kernels that nbval starts inherit these: no learner's profile, no durations in what is compared.
    environment.isolate()
    os.environ["LAB_PROGRESS"] = "off"
    if config.option.nbval:
        environment.list_fonts()
