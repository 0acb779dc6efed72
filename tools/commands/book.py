"""``book``: the course as a static web site, from the committed notebooks; needs no Engine."""

from __future__ import annotations

from helpers.steps import say
from tools.publish import book


def command(arguments: list[str]) -> int:
    """Build the site and say where it begins."""
    del arguments
    say(f"Open {book.build().as_uri()}")
    return 0
