"""What has to be ready before chapters run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
        Those that are about to run: each may need another Engine than the rest.
    """
    environment.list_fonts()
    prepared = set()
    for chapter in ["", *map(chapter_number, chapters)]:
        try:
            engine = connect(chapter=chapter)
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
            return  # it has what every chapter needs
