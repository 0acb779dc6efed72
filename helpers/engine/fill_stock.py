"""The process that refills the stock after a lab: ``python3 -m helpers.engine.fill_stock URL``."""

from __future__ import annotations

import sys

from helpers.engine import stock
from helpers.errors import LabError

if __name__ == "__main__":
    try:
        stock.fill(sys.argv[1])
    except LabError as error:
        # A machine was claimed while it booted, or the engine was stopped: the next lab refills the stock.
        print(f"stock: {error}", file=sys.stderr)
