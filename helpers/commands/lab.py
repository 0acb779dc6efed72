"""``lab``: the course in JupyterLab, for this user of this computer alone."""

from __future__ import annotations

import os
import sys

from helpers.commands import chapters, engines
from helpers.paths import NOTEBOOKS
from helpers.progress import say


def command(arguments: list[str]) -> int:
    """Become JupyterLab, which from then on handles Ctrl-C itself."""
    del arguments
    engines.prepare()
    say("Starting JupyterLab; Ctrl-C ends it.")
    sys.stderr.flush()
    os.execv(sys.executable, jupyter_command())


def jupyter_command() -> list[str]:
    """Return the command line: local only, Jupyter's own token, a browser only where there is a screen."""
    options = [
        f"--ServerApp.root_dir={NOTEBOOKS}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.answer_yes=True",  # one Ctrl-C ends it; kernels are shut down in order
        "--ServerApp.log_level=WARN",  # the address is shown all the same
        "--MappingKernelManager.transport_encryption=auto",  # kernels listen on TCP ports
        "--LabApp.news_url=None",  # nothing is fetched from outside
    ]
    if not _has_screen():
        options.append("--no-browser")
    if os.geteuid() == 0:
        options.append("--allow-root")  # it refuses otherwise; a container's only user is often root
    first = [str(chapter) for chapter in chapters.find([])[:1]]
    return [sys.executable, "-m", "jupyterlab", *options, *first]


def _has_screen() -> bool:
    if "SSH_CONNECTION" in os.environ:
        return False
    if sys.platform == "darwin" or "WSL_DISTRO_NAME" in os.environ:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
