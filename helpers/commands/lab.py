"""``lab``: the course in JupyterLab."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from helpers.commands import engines
from helpers.steps import say

JUPYTERLAB = [sys.executable, "-m", "helpers.page"]


def command(arguments: list[str]) -> int:
    """Replace this process with JupyterLab, which gets `arguments` and then handles Ctrl-C itself."""
    if arguments:
        from helpers.page import options  # takes seconds: it imports JupyterLab

        options.check(arguments)
    engines.prepare()
    decline_news()
    say("Starting JupyterLab; Ctrl-C ends it.")
    sys.stderr.flush()
    os.execv(sys.executable, [*JUPYTERLAB, *arguments])


def decline_news() -> None:
    """Answer JupyterLab's question at its first start, whether to fetch news, for the learner: no."""
    settings = Path(os.environ["JUPYTER_CONFIG_DIR"]) / "lab" / "user-settings"
    path = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"fetchNews": "false"}\n')
