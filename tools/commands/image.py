"""``image``: one container image of the course; see docs/room.md."""

from __future__ import annotations

from helpers.steps import say
from tools.room import image


def command(arguments: list[str]) -> int:
    """Build the image, load it where an Engine answers, and say how to use it."""
    del arguments
    archive = image.build()
    say(f"{archive} ({archive.stat().st_size / 1e9:.1f} GB)")
    if engine := image.load(archive):
        say(f"Loaded into {engine}. To open the course for one:")
    else:
        say(f"No Docker Engine answers here. Where one does:\n  docker load --input {archive.name}")
    say(f"  docker run --rm --publish 127.0.0.1:8888:8888 {image.NAME}")
    return 0
