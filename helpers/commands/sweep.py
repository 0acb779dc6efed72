"""``sweep``: remove what carries the lab's label, of living owners too, from the Engines."""

from __future__ import annotations

from helpers.engine import embedded, reachable
from helpers.engine.reachable import Endpoint
from helpers.errors import LabError
from helpers.lab import reaper
from helpers.progress import say


def command(arguments: list[str]) -> int:
    """Sweep the Engine that is already there, if it answers, and the embedded one, if it runs."""
    del arguments
    try:
        _sweep(reachable.resolve())
    except LabError as error:
        say(f"No Docker Engine of yours was swept: {error.seen}")
    endpoint = embedded.running()
    if endpoint is not None:
        _sweep(endpoint)
    return 0


def _sweep(endpoint: Endpoint) -> None:
    client = reachable.open_client(endpoint)
    try:
        count = reaper.sweep(client, everything=True)
    finally:
        client.close()
    say(f"{count} objects of the lab removed from the Engine at {endpoint.url}.")
