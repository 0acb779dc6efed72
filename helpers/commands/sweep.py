"""``sweep``: remove what carries the lab's label, of living owners too, from the Engines.

With ``--images`` also the machine image, which the next lab on your Engine builds again.
"""

from __future__ import annotations

from helpers.engine import embedded, images, reachable
from helpers.engine.reachable import Endpoint
from helpers.errors import LabError
from helpers.lab import reaper
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Sweep the Engine that is already there, if it answers, and the embedded one, if it runs."""
    try:
        _sweep(reachable.resolve(), with_images="--images" in arguments)
    except LabError as error:
        say(f"No Docker Engine of yours was swept: {error.seen}")
    endpoint = embedded.running()
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
    say(f"{count} objects of the lab removed from the Engine at {endpoint.url}.")
    for tag in kept:
        say(f"The image {tag} stays there: a container is made from it.")
