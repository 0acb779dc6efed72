"""What has to be there before chapters run."""

from __future__ import annotations

from helpers import environment
from helpers.engine import connect
from helpers.lab import reaper


def prepare() -> None:
    """Connect to the Engine, starting or building it where needed, and remove what dead owners left on it.

    Done before any notebook runs: the bound on a cell's time is no measure for a first start.
    """
    environment.list_fonts()
    engine = connect()
    try:
        reaper.sweep(engine.client)
    finally:
        engine.close()
