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
    """Read whose lab it is, wait for the end of the stream, then remove the lab."""
    ticket = json.loads(sys.stdin.readline())
    while sys.stdin.read(1):
        pass  # nothing is sent: the end of the stream is the message
    tls = ticket["tls"] and TLSConfig(**ticket["tls"])
    endpoint = Endpoint(url=ticket["url"], source="reaper", tls=tls)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with closing(open_client(endpoint)) as client:
                quiet = 0
                while quiet < 2:  # an object that was being made when its owner died is found the second time
                    quiet = 0 if remove_lab(client, ticket["lab"]) else quiet + 1
                    time.sleep(1)
            return
        except (LabError, *FAILURES) as error:  # whatever the Engine says now, it may say something else soon
            print(f"lab {ticket['lab']}: {error}", file=sys.stderr, flush=True)
            time.sleep(2)


if __name__ == "__main__":
    main()
