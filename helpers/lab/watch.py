"""The process that removes a lab when its owner ends; `helpers.lab.reaper` starts it."""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from typing import Any

from docker.tls import TLSConfig

from helpers.engine.reachable import Endpoint, open_client
from helpers.engine.refusals import FAILURES
from helpers.errors import LabError
from helpers.lab.reaper import CLOSED, forget, remove_lab

_PATIENCE_S = 90.0
# The Engine carries out a request even if whoever sent it has died: on a busy one, that takes seconds.
_AFTER_DEATH_S = 20.0
_AFTER_CLOSING_S = 3.0
_EVERY_S = 2.0


def main() -> None:
    """Read which lab to watch, wait for the stream to end, then remove the lab."""
    ticket = json.loads(sys.stdin.readline())
    try:
        _remove(ticket, _AFTER_CLOSING_S if CLOSED in sys.stdin.read() else _AFTER_DEATH_S)
    finally:
        forget(ticket["lab"])


def _remove(ticket: dict[str, Any], settles_s: float) -> None:
    """Remove a lab until nothing of it has been found for some seconds."""
    tls = ticket["tls"] and TLSConfig(**ticket["tls"])
    endpoint = Endpoint(url=ticket["url"], source="reaper", tls=tls)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with closing(open_client(endpoint)) as client:
                since = time.monotonic()
                while (now := time.monotonic()) < deadline and now - since < settles_s:
                    if remove_lab(client, ticket["lab"]):
                        since = time.monotonic()
                    time.sleep(_EVERY_S)
            return
        except (LabError, *FAILURES) as error:  # the Engine may soon answer differently
            print(f"lab {ticket['lab']}: {error}", file=sys.stderr, flush=True)
            time.sleep(2)


if __name__ == "__main__":
    main()
