"""``python3 -m wire SOCKET local|global LOG``: serves the driver on a Unix socket.

LOG gets one line of JSON per call.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any


def main(path: Path, scope: str, log: Path) -> None:
    """Listen, sweep, then serve until the process ends."""
    # First of all: the Engine waits about ten seconds for a plugin to open its socket, and then gives up.
    # Calls wait in the socket's queue until everything is loaded.
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # left by a driver that was killed
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(64)

    import json

    import waitress

    from .driver import Driver
    from .links import NetlinkLinks
    from .web import application

    links = NetlinkLinks()
    driver = Driver(links, scope)

    def record(call: dict[str, Any]) -> None:
        with log.open("a") as lines:
            lines.write(json.dumps({**call, "done": links.done}) + "\n")
        links.done = []

    driver.sweep()
    if links.done:
        record({"call": "sweep", "request": {}, "status": 0, "answer": {}})
    # One thread: calls are answered one after the other, so nothing needs a lock.
    waitress.serve(application(driver, record), sockets=[listener], threads=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
