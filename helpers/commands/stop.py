"""``stop``: end the embedded engine; it keeps what was built, so that the next start is quick."""

from __future__ import annotations

from helpers.engine import embedded
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Stop the embedded engine if it runs; with ``--delete``, delete what was built for it too."""
    say("The embedded engine has been stopped." if embedded.stop() else "The embedded engine did not run.")
    if "--delete" in arguments:
        embedded.remove()
    return 0
