"""Starts the servers of learners who are expected, so that nobody waits when all come at once."""

from __future__ import annotations

import json
import os
import signal
import sys
import urllib.request
from urllib.error import HTTPError

_TIMEOUT_S = 120


def main() -> None:
    """Ask the hub for each learner's server, one after the other."""
    for name in sys.argv[1:]:
        for path in (f"users/{name}", f"users/{name}/server"):
            request = urllib.request.Request(
                f"{os.environ['JUPYTERHUB_API_URL']}/{path}",
                data=json.dumps({}).encode(),
                headers={"Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}"},
            )
            try:
                urllib.request.urlopen(request, timeout=_TIMEOUT_S).close()
            except HTTPError as error:  # there already, or one too many
                print(f"{path}: {error}", file=sys.stderr)
    signal.pause()  # the hub starts a service again when it ends


if __name__ == "__main__":
    main()
