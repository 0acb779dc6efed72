"""``sweep``: remove your labs from the Engines, even if their owners are still running.

With ``--images``, also remove the machine images, which the next lab on your Engine rebuilds.
"""

from __future__ import annotations

from helpers.engine import embedded, images, reachable, variants
from helpers.engine.reachable import Endpoint
from helpers.errors import LabError
from helpers.lab import reaper
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Sweep the existing Engine, if it answers, and the embedded ones that are running."""
    try:
        _sweep(reachable.resolve(), with_images="--images" in arguments)
    except LabError as error:
        say(f"Your own Docker Engine was not swept: {error.seen}")
    for endpoint in map(embedded.running, (variants.PLAIN, variants.GENERATIONS)):
        if endpoint is not None:
            _sweep(endpoint)
    return 0


def _sweep(endpoint: Endpoint, with_images: bool = False) -> None:
    client = reachable.open_client(endpoint)
    try:
        count = reaper.sweep(client, everything=True)
        kept = images.remove(client) if with_images else []
    finally:
        client.close()
    say(f"Removed {count} objects of your labs from the Engine at {endpoint.url}.")
    for tag in kept:
        say(f"The image {tag} was kept: a container uses it.")
