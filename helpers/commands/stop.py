"""``stop``: end the embedded engine; what was built is kept, so that the next start is fast."""

from __future__ import annotations

from helpers.engine import embedded
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Stop the embedded engine if it is running; with ``--delete``, also delete what was built for it."""
    stopped = embedded.stop()
    say("The embedded engine has been stopped." if stopped else "The embedded engine was not running.")
    if "--delete" in arguments:
        embedded.remove()
    return 0
