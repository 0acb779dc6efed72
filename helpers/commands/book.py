"""``book``: the course as a static web site, from the committed notebooks; needs no Engine."""

from __future__ import annotations

from helpers.progress import say
from helpers.publish import book


def command(arguments: list[str]) -> int:
    """Build the site and say where it begins."""
    del arguments
    say(f"Open {book.build().as_uri()}")
    return 0
