"""``run``: execute chapters in their order, without a browser, leaving the stored notebooks as they are."""

from __future__ import annotations

from helpers import notebooks
from helpers.commands import engines
from helpers.steps import say


def command(names: list[str]) -> int:
    """Execute the named chapters, or all; one that fails does not keep the others from running."""
    paths = notebooks.find(names)
    engines.prepare()
    failed = 0
    for path in paths:
        try:
            notebooks.execute(path)
        except notebooks.ChapterFailed as failure:
            say(f"\n{failure}\n")
            failed += 1
    say(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0
