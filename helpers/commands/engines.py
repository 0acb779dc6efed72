"""What has to be ready before chapters run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers import notebooks
from helpers.engine import CannotRunHere, connect
from helpers.lab import reaper
from helpers.paths import chapter_number
from helpers.setup import environment
from helpers.steps import say


def prepare(chapters: Sequence[Path] = ()) -> None:
    """Connect to the Engines, starting or building them where needed, and remove what dead owners left.

    Done before any notebook runs: the bound on a cell's time is no measure for a first start.

    Parameters
    ----------
    chapters:
        Those that are about to run: each may need another Engine than the rest, or further machine images.
    """
    environment.list_fonts()
    prepared, suffices = set(), False
    needs = [(chapter_number(path), notebooks.suites_asked_for(path)) for path in chapters]
    for chapter, machines in [("", []), *needs]:
        if suffices and not machines:
            continue
        try:
            engine = connect(chapter=chapter, machines=machines)
        except CannotRunHere:
            continue  # the chapter itself says what it lacks
        try:
            if engine.endpoint.url not in prepared:
                say(f"Engine: {engine.version} at {engine.endpoint.url} ({engine.endpoint.source})")
                reaper.sweep(engine.client)
                prepared.add(engine.endpoint.url)
        finally:
            engine.close()
        if engine.endpoint.backend == "embedded" and not chapter:
            suffices = True  # it has what every chapter needs, but for machines of other generations
