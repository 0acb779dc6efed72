"""The maintainer's command line: ``python3 -m tools VERB``."""

from __future__ import annotations

import sys

from helpers.unsupported import obstacle

if __name__ == "__main__":
    if reason := obstacle():
        sys.exit(reason)
    from tools import commands

    sys.exit(commands.main(sys.argv[1:]))
