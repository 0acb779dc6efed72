"""JupyterLab for this user on this computer only, with the learner's own options on top."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from jupyter_core.application import NoStart
from jupyterlab.labapp import LabApp
from traitlets.config import Config

from helpers.page import redirect, remote
from helpers.paths import chapter_files, copies_dir
from helpers.steps import say


def serve(arguments: Sequence[str]) -> None:
    """Run JupyterLab until it is stopped; `arguments`, its own options, take precedence over ours."""
    redirect.remove_leftovers()
    server = LabApp.initialize_server(list(arguments), config=_ours())
    with ExitStack() as until_it_ends:
        if server.open_browser and not server.sock:
            page = str(until_it_ends.enter_context(redirect.page()))
            server.browser_open_file = server.browser_open_file_to_run = page
        else:
            server.no_browser_open_file = True
            if remote.connected() and not server.sock:
                say(remote.directions(server.ip, server.port))
        with suppress(NoStart):  # as after --generate-config
            server.start()


def decline_news() -> None:
    """Answer JupyterLab's question at its first start, whether to fetch news, for the learner: no."""
    settings = Path(os.environ["JUPYTER_CONFIG_DIR"]) / "lab" / "user-settings"
    path = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"fetchNews": "false"}\n')


def serve_below_a_hub(arguments: Sequence[str], before: Callable[[], None]) -> None:
    """Run JupyterLab for the JupyterHub that has started this process, which decides who may use it.

    `before` is called when all is loaded, just before the page is served.
    """
    from jupyterhub.singleuser.extension import JupyterHubSingleUser  # only an image of the course has it

    ours = _ours()
    ours.ServerApp.default_url = ours.LabApp.default_url  # the hub's extension overrides JupyterLab's own
    server = JupyterHubSingleUser.initialize_server(list(arguments), config=ours)
    before()
    server.start()


def _ours() -> Config:
    """Return our settings; they override configuration files, and the command line overrides them."""
    ours = Config()
    ours.ServerApp.root_dir = str(copies_dir())
    ours.ServerApp.ip = "127.0.0.1"
    ours.ServerApp.answer_yes = True  # one Ctrl-C ends it; kernels are shut down cleanly
    ours.ServerApp.log_level = "WARN"  # the address is shown anyway
    ours.ServerApp.allow_root = os.geteuid() == 0  # in a container, the only user is often root
    ours.MappingKernelManager.transport_encryption = "auto"  # kernels listen on TCP ports
    ours.LabApp.news_url = None  # nothing is fetched from the internet
    ours.LabApp.default_url = f"/lab/tree/{chapter_files()[0].name}"  # part of the printed address, too
    if not _has_screen():
        ours.ServerApp.open_browser = False
    return ours


def _has_screen() -> bool:
    if remote.connected():
        return False
    if sys.platform == "darwin" or "WSL_DISTRO_NAME" in os.environ:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
