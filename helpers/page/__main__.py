"""``python3 -m helpers.page [OPTION …]``: JupyterLab, once `lab` has set everything up."""

from __future__ import annotations

import sys

from helpers.page.server import serve

serve(sys.argv[1:])
