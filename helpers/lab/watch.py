"""The process that removes a lab when its owner ends; `helpers.lab.reaper` starts it."""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing

from docker.tls import TLSConfig

from helpers.engine.reachable import Endpoint, open_client
from helpers.engine.refusals import FAILURES
from helpers.errors import LabError
from helpers.lab.reaper import remove_lab

_PATIENCE_S = 90.0


def main() -> None:
    """Read which lab to watch, wait for the stream to end, then remove the lab."""
    ticket = json.loads(sys.stdin.readline())
    while sys.stdin.read(1):
        pass  # nothing is sent: only the end of the stream matters
    tls = ticket["tls"] and TLSConfig(**ticket["tls"])
    endpoint = Endpoint(url=ticket["url"], source="reaper", tls=tls)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with closing(open_client(endpoint)) as client:
                quiet = 0
                while quiet < 2:  # the second pass finds what was still being created when the owner died
                    quiet = 0 if remove_lab(client, ticket["lab"]) else quiet + 1
                    time.sleep(1)
            return
        except (LabError, *FAILURES) as error:  # the Engine may soon answer differently
            print(f"lab {ticket['lab']}: {error}", file=sys.stderr, flush=True)
            time.sleep(2)


if __name__ == "__main__":
    main()
