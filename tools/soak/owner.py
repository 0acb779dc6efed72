"""The process of somebody who has a lab: ``python3 -m tools.soak.owner``, until its standard input ends.

It prints the lab's id and the id of the Engine that the lab is on.
"""

from __future__ import annotations

import sys

from helpers.lab import Lab

if __name__ == "__main__":
    with Lab() as lab:
        print(lab.id, lab.engine.client.info()["ID"], flush=True)
        sys.stdin.read()
