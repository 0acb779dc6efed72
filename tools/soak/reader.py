"""The process of one learner who runs a chapter: ``python3 -m tools.soak.reader CHAPTER``."""

from __future__ import annotations

import sys
from pathlib import Path

from helpers import notebooks

if __name__ == "__main__":
    notebooks.execute(Path(sys.argv[1]))
