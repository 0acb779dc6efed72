"""``run``: execute chapters in order, without a browser and without changing the stored notebooks."""

from __future__ import annotations

from helpers import notebooks
from helpers.commands import engines
from helpers.steps import say


def command(names: list[str]) -> int:
    """Execute the named chapters, or all; one that fails does not keep the others from running.

    A chapter is missed if the Engine lacks something that it needs; that is not a failure.
    """
    paths = notebooks.find(names)
    engines.prepare(paths)
    failed = missed = 0
    for path in paths:
        try:
            notebooks.execute(path)
        except notebooks.ChapterMissed as reason:
            say(f"\nMissed: {reason}\n")
            missed += 1
        except notebooks.ChapterFailed as failure:
            say(f"\n{failure}\n")
            failed += 1
    passed = len(paths) - failed - missed
    say(f"{passed} passed, {failed} failed" + (f", {missed} missed" if missed else ""))
    return 1 if failed else 0
