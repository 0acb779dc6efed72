"""What has to be there before chapters run."""

from __future__ import annotations

from helpers.engine import connect
from helpers.lab import reaper
from helpers.setup import environment
from helpers.steps import say


def prepare() -> None:
    """Connect to the Engine, starting or building it where needed, and remove what dead owners left on it.

    Done before any notebook runs: the bound on a cell's time is no measure for a first start.
    """
    environment.list_fonts()
    engine = connect()
    say(f"Engine: {engine.version} at {engine.endpoint.url} ({engine.endpoint.source})")
    try:
        reaper.sweep(engine.client)
    finally:
        engine.close()
