"""``lab``: the course in JupyterLab, for this user of this computer alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from helpers.commands import engines
from helpers.paths import NOTEBOOKS, chapter_files
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Become JupyterLab, which from then on handles Ctrl-C itself."""
    del arguments
    engines.prepare()
    decline_news()
    say("Starting JupyterLab; Ctrl-C ends it.")
    sys.stderr.flush()
    os.execv(sys.executable, jupyter_command(NOTEBOOKS))


def jupyter_command(directory: Path) -> list[str]:
    """Return the command line that opens the chapters in `directory`.

    Local only, with Jupyter's own token; a browser only where there is a screen.
    """
    options = [
        f"--ServerApp.root_dir={directory}",
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
    first = chapter_files()[0]
    options.append(f"--LabApp.default_url=/lab/tree/{first.name}")  # also in the address that is printed
    return [sys.executable, "-m", "jupyterlab", *options]


def decline_news() -> None:
    """Answer for the learner what JupyterLab asks at its first start: whether to fetch news."""
    settings = Path(os.environ["JUPYTER_CONFIG_DIR"]) / "lab" / "user-settings"
    path = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"fetchNews": "false"}\n')


def _has_screen() -> bool:
    if "SSH_CONNECTION" in os.environ:
        return False
    if sys.platform == "darwin" or "WSL_DISTRO_NAME" in os.environ:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
