"""JupyterLab as the verb `lab` starts it once an Engine is there."""

import sys

JUPYTERLAB = [sys.executable, "-c", "import sys; from helpers.page.server import serve; serve(sys.argv[1:])"]
