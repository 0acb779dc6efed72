"""``serve``: the course's page from a container, for a browser elsewhere; also below a hub."""

from __future__ import annotations

import os
from threading import Thread

from helpers import copies
from helpers.errors import LabError
from helpers.page import server
from helpers.steps import say

PORT = 8888
# In a container, "every address" is that of the container: whoever starts it says who can reach it.
_EVERYWHERE = ("--ServerApp.ip=0.0.0.0", f"--ServerApp.port={PORT}", "--no-browser")


def command(arguments: list[str]) -> int:
    """Serve until the end; a hub waits for the page, so the Engine is started beside it.

    Raises
    ------
    LabError
        If the copies of the chapters cannot be made.
    """
    copies.prepare()
    server.decline_news()
    beside = Thread(target=_prepare_engine, name="engine", daemon=True)
    if "JUPYTERHUB_API_TOKEN" in os.environ:
        server.serve_below_a_hub(arguments, beside.start)
    else:
        beside.start()
        server.serve([*_EVERYWHERE, *arguments])
    return 0


def _prepare_engine() -> None:
    from helpers.commands import engines  # takes seconds, in which the page can be served already

    try:
        engines.prepare()
    except LabError as error:  # a chapter's first cell tries again, and shows it
        say(str(error))
