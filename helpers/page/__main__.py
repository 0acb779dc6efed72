"""``python3 -m helpers.page [OPTION …]``: JupyterLab, after what `lab` sets up beforehand."""

from __future__ import annotations

import sys

from helpers.page.server import serve

serve(sys.argv[1:])
